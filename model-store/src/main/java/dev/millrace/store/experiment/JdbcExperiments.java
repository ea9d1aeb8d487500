package dev.millrace.store.experiment;

import dev.millrace.protocol.mlflow.Experiment;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Dialect.Lock;
import dev.millrace.store.database.Rows;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Filter;
import dev.millrace.store.search.JdbcSearch;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Repository;

/** The rows of experiments. */
@Repository
final class JdbcExperiments {
  private static final JdbcSearch.Tables SEARCH =
      new JdbcSearch.Tables(
          "experiments e",
          Map.of(
              "name", "e.name",
              // Compared with texts.
              "experiment_id", "CAST(e.experiment_id AS TEXT)",
              // Sorted as a number.
              "experiment_number", "e.experiment_id",
              "creation_time", "e.creation_time",
              "last_update_time", "e.last_update_time"),
          Set.of("e.name", "e.experiment_id"),
          Map.of(
              Entity.TAG,
              new JdbcSearch.Related(
                  "experiment_tags x", "x.experiment_id = e.experiment_id", Map.of())),
          Set.of(),
          "e.creation_time DESC, e.experiment_id DESC");

  // What is being removed for good is out of sight.
  private static final String NOT_REMOVED =
      """
      NOT EXISTS (SELECT 1 FROM removals g
        WHERE g.kind = 'EXPERIMENT' AND g.id = CAST(e.experiment_id AS TEXT))\
      """;

  private final Database database;

  JdbcExperiments(Database database) {
    this.database = database;
  }

  String insert(String name, @Nullable String artifactLocation, long now) {
    // The number after the largest that ever was is new; one at a time takes it.
    lock(0);
    return database
        .jdbc()
        .sql(
            """
            INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
            SELECT n.id, :name, COALESCE(:location, 'mlflow-artifacts:/' || n.id), 'active', :now, :now
            FROM (SELECT MAX(experiment_id) + 1 AS id
                  FROM (SELECT MAX(experiment_id) AS experiment_id FROM experiments
                        UNION ALL SELECT MAX(experiment_id) FROM removed_experiments) highest) n
            RETURNING experiment_id
            """)
        .param("name", name)
        .param(
            "location",
            artifactLocation == null || artifactLocation.isEmpty() ? null : artifactLocation)
        .param("now", now)
        .query(String.class)
        .single();
  }

  /** Keeps others from changing the experiment until the write is over. */
  void lock(long id) {
    lock(id, Lock.CHANGE);
  }

  /**
   * A statement of its own: one that waits for the row sees other tables as they were before the
   * wait, and would miss that the experiment was claimed for removal meanwhile.
   */
  private void lock(long id, Lock lock) {
    var locking = database.locking(lock);
    if (!locking.isEmpty()) {
      database
          .jdbc()
          .sql("SELECT experiment_id FROM experiments WHERE experiment_id = :id" + locking)
          .param("id", id)
          .query(Long.class)
          .optional();
    }
  }

  Optional<Experiment> find(long id) {
    lock(id, Lock.RELY);
    var found =
        database
            .jdbc()
            .sql("SELECT * FROM experiments e WHERE e.experiment_id = :id AND " + NOT_REMOVED)
            .param("id", id)
            .query((row, _) -> experiment(row))
            .list();
    return withTags(found).stream().findFirst();
  }

  Optional<Experiment> findByName(String name) {
    var found =
        database
            .jdbc()
            .sql("SELECT * FROM experiments e WHERE e.name = :name AND " + NOT_REMOVED)
            .param("name", name)
            .query((row, _) -> experiment(row))
            .list();
    return withTags(found).stream().findFirst();
  }

  Page<Experiment> search(
      Filter filter, List<Order> orders, LifecycleView view, Page.Request request) {
    return new JdbcSearch(SEARCH, database.dialect())
        .where("e.lifecycle_stage IN (:stages)", "stages", view.stages())
        .where(NOT_REMOVED)
        .filter(filter)
        .order(orders.stream().map(JdbcExperiments::byNumber).toList())
        .page(database.jdbc(), request, (row, _) -> experiment(row))
        .mapAll(this::withTags);
  }

  private static Order byNumber(Order order) {
    return order.subject().equals(new Subject(Entity.ATTRIBUTE, "experiment_id"))
        ? new Order(new Subject(Entity.ATTRIBUTE, "experiment_number"), order.direction())
        : order;
  }

  void rename(long id, String name, long now) {
    database
        .jdbc()
        .sql(
            "UPDATE experiments SET name = :name, last_update_time = :now WHERE experiment_id ="
                + " :id")
        .param("id", id)
        .param("name", name)
        .param("now", now)
        .update();
  }

  /** Moves an experiment and its runs to another stage; false when it is not in the first one. */
  boolean move(long id, String from, String to, long now) {
    var moved =
        database
            .jdbc()
            .sql(
                """
                UPDATE experiments SET lifecycle_stage = :to, last_update_time = :now
                WHERE experiment_id = :id AND lifecycle_stage = :from
                  AND NOT EXISTS (SELECT 1 FROM removals g WHERE g.kind = 'EXPERIMENT' AND g.id = :text)
                """)
            .param("id", id)
            .param("text", String.valueOf(id))
            .param("from", from)
            .param("to", to)
            .param("now", now)
            .update();
    database
        .jdbc()
        .sql(
            """
            UPDATE runs SET lifecycle_stage = :to, deleted_time = CASE :to WHEN 'deleted' THEN :now END
            WHERE experiment_id = :id AND lifecycle_stage = :from
            """)
        .param("id", id)
        .param("from", from)
        .param("to", to)
        .param("now", now)
        .update();
    return moved == 1;
  }

  void setTag(long id, Tag tag) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO experiment_tags (experiment_id, key, value) VALUES (:id, :key, :value)
            ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value
            """)
        .param("id", id)
        .param("key", tag.key())
        .param("value", tag.value())
        .update();
  }

  boolean deleteTag(long id, String key) {
    return database
            .jdbc()
            .sql("DELETE FROM experiment_tags WHERE experiment_id = :id AND key = :key")
            .param("id", id)
            .param("key", key)
            .update()
        == 1;
  }

  private List<Experiment> withTags(List<Experiment> experiments) {
    var tags =
        Rows.byOwner(
            database.jdbc(),
            """
            SELECT experiment_id AS owner, key, value FROM experiment_tags
            WHERE experiment_id IN (:ids) ORDER BY experiment_id, key
            """,
            experiments.stream().map(e -> Long.valueOf(e.experimentId())).toList(),
            (row, _) -> new Tag(row.getString("key"), row.getString("value")));
    return experiments.stream()
        .map(e -> withTags(e, Objects.requireNonNullElse(tags.get(e.experimentId()), List.of())))
        .toList();
  }

  private static Experiment withTags(Experiment e, List<Tag> tags) {
    return new Experiment(
        e.experimentId(),
        e.name(),
        e.artifactLocation(),
        e.lifecycleStage(),
        e.lastUpdateTime(),
        e.creationTime(),
        tags);
  }

  private static Experiment experiment(ResultSet row) throws SQLException {
    return new Experiment(
        row.getString("experiment_id"),
        row.getString("name"),
        row.getString("artifact_location"),
        row.getString("lifecycle_stage"),
        Rows.nullableLong(row, "last_update_time"),
        Rows.nullableLong(row, "creation_time"),
        List.of());
  }
}
