package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
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
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of versions and aliases. A deleted version stays as a row, out of sight. */
@Repository
final class JdbcVersions {
  private static final JdbcSearch.Tables SEARCH =
      new JdbcSearch.Tables(
          "model_versions v",
          Map.of(
              "name", "v.name",
              "run_id", "v.run_id",
              "source_path", "v.source",
              "version_number", "v.version",
              "creation_timestamp", "v.creation_time",
              "last_updated_timestamp", "v.last_updated_time"),
          Set.of("v.name", "v.version", "v.creation_time", "v.last_updated_time"),
          Map.of(
              Entity.TAG,
              new JdbcSearch.Related(
                  "model_version_tags x", "x.name = v.name AND x.version = v.version", Map.of())),
          Set.of(),
          "v.name, v.version DESC");

  private final Database database;
  private final JdbcVersionData data;

  JdbcVersions(Database database, JdbcVersionData data) {
    this.database = database;
    this.data = data;
  }

  VersionId insert(Versions.Draft draft, SourceResolver.Resolved resolved, long now) {
    var version =
        database
            .jdbc()
            .sql(
                """
                INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage,
                  source, run_id, status, run_link, storage_location)
                SELECT :name, COALESCE(MAX(version), 0) + 1, :now, :now, :description, 'None',
                  :source, :run, 'READY', :link, :location
                FROM model_versions WHERE name = :name
                RETURNING version
                """)
            .param("name", draft.name())
            .param("now", now)
            .param("description", draft.description())
            .param("source", draft.source())
            .param("run", resolved.runId())
            .param("link", draft.runLink())
            .param("location", resolved.location())
            .query(Long.class)
            .single();
    touchModel(draft.name(), now);
    return new VersionId(draft.name(), version);
  }

  Optional<ModelVersion> find(VersionId id) {
    return named(
            """
            SELECT * FROM model_versions
            WHERE name = :name AND version = :version AND current_stage <> 'Deleted_Internal'
            """,
            id)
        .query((row, _) -> version(row))
        .optional()
        .map(version -> data.complete(id, version));
  }

  Optional<String> storageLocation(VersionId id) {
    return named(
            """
            SELECT COALESCE(storage_location, source) FROM model_versions
            WHERE name = :name AND version = :version AND current_stage <> 'Deleted_Internal'
            """,
            id)
        .query(String.class)
        .optional();
  }

  /** The newest version of each stage of each model. */
  Map<String, List<ModelVersion>> latest(List<String> names) {
    var rows =
        Rows.byOwner(
            database.jdbc(),
            """
            SELECT v.name AS owner, v.* FROM model_versions v
            JOIN (SELECT name, MAX(version) AS version FROM model_versions
                  WHERE name IN (:ids) AND current_stage <> 'Deleted_Internal' GROUP BY name, current_stage) newest
            ON newest.name = v.name AND newest.version = v.version
            ORDER BY v.version
            """,
            names,
            (row, _) -> version(row));
    var all = rows.values().stream().flatMap(List::stream).toList();
    return data.complete(all).stream().collect(Collectors.groupingBy(ModelVersion::name));
  }

  Page<ModelVersion> search(Filter filter, List<Order> orders, Page.Request request) {
    var search =
        new JdbcSearch(SEARCH, database.dialect())
            .where("v.current_stage <> 'Deleted_Internal'")
            .order(orders);
    return JdbcPrompts.filtered(
            search, filter, "SELECT 1 FROM model_version_tags t WHERE t.name = v.name")
        .page(database.jdbc(), request, (row, _) -> version(row))
        .mapAll(data::complete);
  }

  /** Keeps others from changing the model and its versions until the write is over. */
  void lockModel(String name) {
    database
        .jdbc()
        .sql(
            "SELECT name FROM registered_models WHERE name = :name" + database.locking(Lock.CHANGE))
        .param("name", name)
        .query(String.class)
        .optional();
  }

  void describe(VersionId id, String description, long now) {
    named(
            """
            UPDATE model_versions SET description = :description, last_updated_time = :now
            WHERE name = :name AND version = :version
            """,
            id)
        .param("description", description)
        .param("now", now)
        .update();
  }

  /** Empties the row and keeps its number; tags and aliases go. */
  void delete(VersionId id, long now) {
    named(
            """
            UPDATE model_versions SET current_stage = 'Deleted_Internal', last_updated_time = :now, description = NULL,
              source = NULL, run_id = NULL, run_link = NULL, storage_location = NULL
            WHERE name = :name AND version = :version
            """,
            id)
        .param("now", now)
        .update();
    named("DELETE FROM model_version_tags WHERE name = :name AND version = :version", id).update();
    named("DELETE FROM registered_model_aliases WHERE name = :name AND version = :version", id)
        .update();
    touchModel(id.name(), now);
  }

  void move(VersionId id, Stage stage, long now) {
    named(
            """
            UPDATE model_versions SET current_stage = :stage, last_updated_time = :now
            WHERE name = :name AND version = :version
            """,
            id)
        .param("stage", stage.label())
        .param("now", now)
        .update();
    touchModel(id.name(), now);
  }

  void archiveOthers(VersionId id, Stage stage, long now) {
    named(
            """
            UPDATE model_versions SET current_stage = 'Archived', last_updated_time = :now
            WHERE name = :name AND version <> :version AND current_stage = :stage
            """,
            id)
        .param("stage", stage.label())
        .param("now", now)
        .update();
  }

  void setTag(VersionId id, Tag tag) {
    named(
            """
            INSERT INTO model_version_tags (name, version, key, value) VALUES (:name, :version, :key, :value)
            ON CONFLICT (name, version, key) DO UPDATE SET value = excluded.value
            """,
            id)
        .param("key", tag.key())
        .param("value", tag.value())
        .update();
  }

  void deleteTag(VersionId id, String key) {
    named(
            "DELETE FROM model_version_tags WHERE name = :name AND version = :version AND key = :key",
            id)
        .param("key", key)
        .update();
  }

  void setAlias(VersionId id, String alias) {
    named(
            """
            INSERT INTO registered_model_aliases (name, alias, version) VALUES (:name, :alias, :version)
            ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version
            """,
            id)
        .param("alias", alias)
        .update();
  }

  void deleteAlias(String name, String alias) {
    database
        .jdbc()
        .sql("DELETE FROM registered_model_aliases WHERE name = :name AND alias = :alias")
        .param("name", name)
        .param("alias", alias)
        .update();
  }

  private void touchModel(String name, long now) {
    database
        .jdbc()
        .sql("UPDATE registered_models SET last_updated_time = :now WHERE name = :name")
        .param("name", name)
        .param("now", now)
        .update();
  }

  private JdbcClient.StatementSpec named(String sql, VersionId id) {
    return database.jdbc().sql(sql).param("name", id.name()).param("version", id.version());
  }

  static ModelVersion version(ResultSet row) throws SQLException {
    return new ModelVersion(
        row.getString("name"),
        row.getString("version"),
        row.getLong("creation_time"),
        row.getLong("last_updated_time"),
        row.getString("user_id"),
        row.getString("current_stage"),
        row.getString("description"),
        row.getString("source"),
        row.getString("run_id"),
        row.getString("status"),
        row.getString("status_message"),
        row.getString("run_link"),
        null,
        List.of(),
        List.of());
  }
}
