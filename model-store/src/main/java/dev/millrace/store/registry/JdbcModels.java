package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.Alias;
import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.RegisteredModel;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Dialect.Lock;
import dev.millrace.store.database.Rows;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Filter;
import dev.millrace.store.search.JdbcSearch;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Repository;

/** The rows of registered models. */
@Repository
final class JdbcModels {
  private static final JdbcSearch.Tables SEARCH =
      new JdbcSearch.Tables(
          "registered_models m",
          Map.of(
              "name", "m.name",
              "timestamp", "m.last_updated_time",
              "last_updated_timestamp", "m.last_updated_time"),
          Set.of("m.name", "m.last_updated_time"),
          Map.of(
              Entity.TAG,
              new JdbcSearch.Related("registered_model_tags x", "x.name = m.name", Map.of())),
          Set.of(),
          "m.name");

  private final Database database;
  private final JdbcVersions versions;

  JdbcModels(Database database, JdbcVersions versions) {
    this.database = database;
    this.versions = versions;
  }

  void insert(String name, String description, long now) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO registered_models (name, creation_time, last_updated_time, description)
            VALUES (:name, :now, :now, NULLIF(:description, ''))
            """)
        .param("name", name)
        .param("description", description)
        .param("now", now)
        .update();
  }

  Optional<RegisteredModel> find(String name) {
    var found =
        database
            .jdbc()
            .sql(
                "SELECT * FROM registered_models WHERE name = :name"
                    + database.locking(Lock.CHANGE))
            .param("name", name)
            .query((row, _) -> model(row))
            .list();
    return complete(found).stream().findFirst();
  }

  RegistryEvent.Kind kind(String name) {
    return database
        .jdbc()
        .sql("SELECT value FROM registered_model_tags WHERE name = :name AND key = :key")
        .param("name", name)
        .param("key", Prompts.TAG)
        .query(String.class)
        .optional()
        .map(RegistryEvent.Kind::ofTag)
        .orElse(RegistryEvent.Kind.MODEL);
  }

  Page<RegisteredModel> search(Filter filter, List<Order> orders, Page.Request request) {
    var search = new JdbcSearch(SEARCH, database.dialect()).order(orders);
    return JdbcPrompts.filtered(
            search, filter, "SELECT 1 FROM registered_model_tags t WHERE t.name = m.name")
        .page(database.jdbc(), request, (row, _) -> model(row))
        .mapAll(this::complete);
  }

  /** Versions, tags and aliases follow by their foreign keys. */
  void rename(String name, String newName, long now) {
    database
        .jdbc()
        .sql(
            "UPDATE registered_models SET name = :new, last_updated_time = :now WHERE name = :name")
        .param("name", name)
        .param("new", newName)
        .param("now", now)
        .update();
  }

  void describe(String name, String description, long now) {
    database
        .jdbc()
        .sql(
            """
            UPDATE registered_models SET description = :description, last_updated_time = :now WHERE name = :name
            """)
        .param("name", name)
        .param("description", description)
        .param("now", now)
        .update();
  }

  /** Versions, tags and aliases follow by their foreign keys. */
  void delete(String name) {
    database
        .jdbc()
        .sql("DELETE FROM registered_models WHERE name = :name")
        .param("name", name)
        .update();
  }

  void setTag(String name, Tag tag) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO registered_model_tags (name, key, value) VALUES (:name, :key, :value)
            ON CONFLICT (name, key) DO UPDATE SET value = excluded.value
            """)
        .param("name", name)
        .param("key", tag.key())
        .param("value", tag.value())
        .update();
  }

  void deleteTag(String name, String key) {
    database
        .jdbc()
        .sql("DELETE FROM registered_model_tags WHERE name = :name AND key = :key")
        .param("name", name)
        .param("key", key)
        .update();
  }

  private List<RegisteredModel> complete(List<RegisteredModel> models) {
    var names = models.stream().map(RegisteredModel::name).toList();
    var tags =
        Rows.byOwner(
            database.jdbc(),
            "SELECT name AS owner, key, value FROM registered_model_tags WHERE name IN (:ids) ORDER BY name, key",
            names,
            (row, _) -> new Tag(row.getString("key"), row.getString("value")));
    var aliases =
        Rows.byOwner(
            database.jdbc(),
            "SELECT name AS owner, alias, version FROM registered_model_aliases WHERE name IN (:ids) ORDER BY name, alias",
            names,
            (row, _) -> new Alias(row.getString("alias"), row.getString("version")));
    var latest = versions.latest(names);
    return models.stream()
        .map(
            model ->
                complete(
                    model,
                    latest.getOrDefault(model.name(), List.of()),
                    tags.getOrDefault(model.name(), List.of()),
                    aliases.getOrDefault(model.name(), List.of())))
        .toList();
  }

  private static RegisteredModel complete(
      RegisteredModel model, List<ModelVersion> latest, List<Tag> tags, List<Alias> aliases) {
    return new RegisteredModel(
        model.name(),
        model.creationTimestamp(),
        model.lastUpdatedTimestamp(),
        model.description(),
        latest,
        tags,
        aliases);
  }

  private static RegisteredModel model(ResultSet row) throws SQLException {
    return new RegisteredModel(
        row.getString("name"),
        row.getLong("creation_time"),
        row.getLong("last_updated_time"),
        row.getString("description"),
        List.of(),
        List.of(),
        List.of());
  }
}
