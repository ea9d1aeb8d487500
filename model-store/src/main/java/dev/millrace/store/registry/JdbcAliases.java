package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Optional;
import org.springframework.stereotype.Repository;

/** Looks aliases up in one query. */
@Repository
final class JdbcAliases {
  private final Database database;

  JdbcAliases(Database database) {
    this.database = database;
  }

  /** The version that an alias points to, complete. */
  Optional<ModelVersion> find(String name, String alias) {
    var versions = new ArrayList<ModelVersion>();
    var tags = new ArrayList<Tag>();
    var aliases = new ArrayList<String>();
    database
        .jdbc()
        .sql(
            """
            WITH found AS (
              SELECT v.* FROM registered_model_aliases a
              JOIN model_versions v ON v.name = a.name AND v.version = a.version
              WHERE a.name = :name AND a.alias = :alias)
            SELECT found.*, NULL AS tag_key, NULL AS tag_value, NULL AS alias FROM found
            UNION ALL
            SELECT found.*, t.key, t.value, NULL FROM found
            JOIN model_version_tags t ON t.name = found.name AND t.version = found.version
            UNION ALL
            SELECT found.*, NULL, NULL, a.alias FROM found
            JOIN registered_model_aliases a ON a.name = found.name AND a.version = found.version
            """)
        .param("name", name)
        .param("alias", alias)
        .query(
            row -> {
              var key = row.getString("tag_key");
              var also = row.getString("alias");
              if (key != null) {
                tags.add(new Tag(key, row.getString("tag_value")));
              } else if (also != null) {
                aliases.add(also);
              } else {
                versions.add(JdbcVersions.version(row));
              }
            });
    tags.sort(Comparator.comparing(Tag::key));
    aliases.sort(Comparator.naturalOrder());
    return versions.stream().findFirst().map(v -> JdbcVersionData.complete(v, tags, aliases));
  }
}
