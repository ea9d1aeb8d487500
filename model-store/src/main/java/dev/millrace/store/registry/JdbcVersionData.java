package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Rows;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Repository;

/** Completes versions with their tags and aliases. */
@Repository
final class JdbcVersionData {
  private final Database database;
  private final JdbcAliasMoves moves;

  JdbcVersionData(Database database, JdbcAliasMoves moves) {
    this.database = database;
    this.moves = moves;
  }

  /** One version needs no more than its own rows. */
  ModelVersion complete(VersionId id, ModelVersion version) {
    var tags =
        database
            .jdbc()
            .sql(
                "SELECT key, value FROM model_version_tags WHERE name = :name AND version = :version ORDER BY key")
            .param("name", id.name())
            .param("version", id.version())
            .query((row, _) -> new Tag(row.getString("key"), row.getString("value")))
            .list();
    return complete(version, tags, moves.aliases(id));
  }

  /** Reads all tags and aliases of the models in question: a model has few of both. */
  List<ModelVersion> complete(List<ModelVersion> versions) {
    var names = versions.stream().map(ModelVersion::name).distinct().toList();
    var tags =
        byVersion(
            """
            SELECT name || '/' || version AS owner, key, value FROM model_version_tags
            WHERE name IN (:ids) ORDER BY name, version, key
            """,
            names,
            (row, _) -> new Tag(row.getString("key"), row.getString("value")));
    var aliases =
        byVersion(
            """
            SELECT name || '/' || version AS owner, alias FROM registered_model_aliases
            WHERE name IN (:ids) ORDER BY name, alias
            """,
            names,
            (row, _) -> row.getString("alias"));
    return versions.stream().map(v -> complete(v, of(tags, v), of(aliases, v))).toList();
  }

  private <T> Map<String, List<T>> byVersion(String sql, List<String> names, RowMapper<T> mapper) {
    return Rows.byOwner(database.jdbc(), sql, names, mapper);
  }

  // The name of a model has no slash.
  private static <T> List<T> of(Map<String, List<T>> owned, ModelVersion v) {
    return owned.getOrDefault(v.name() + "/" + v.version(), List.of());
  }

  static ModelVersion complete(ModelVersion v, List<Tag> tags, List<String> aliases) {
    return new ModelVersion(
        v.name(),
        v.version(),
        v.creationTimestamp(),
        v.lastUpdatedTimestamp(),
        v.userId(),
        v.currentStage(),
        v.description(),
        v.source(),
        v.runId(),
        v.status(),
        v.statusMessage(),
        v.runLink(),
        v.modelId(),
        tags,
        aliases);
  }
}
