package dev.millrace.store.removal;

import dev.millrace.store.database.Database;
import dev.millrace.store.database.Dialect.Lock;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.springframework.stereotype.Repository;

/** The rows of what can be removed, and of what is being removed. */
@Repository
final class JdbcRemovals {
  private static final String EXPERIMENTS =
      """
      SELECT 'EXPERIMENT' AS kind, CAST(c.experiment_id AS TEXT) AS id, COALESCE(c.artifact_location, '') AS location,
        c.lifecycle_stage AS stage, CAST(c.experiment_id AS TEXT) AS experiment, c.last_update_time AS deleted
      FROM experiments c
      """;
  private static final String RUNS =
      """
      SELECT 'RUN' AS kind, c.run_uuid AS id, c.artifact_uri AS location,
        c.lifecycle_stage AS stage, CAST(c.experiment_id AS TEXT) AS experiment, c.deleted_time AS deleted
      FROM runs c
      """;
  private static final String LOGGED_MODELS =
      """
      SELECT 'LOGGED_MODEL' AS kind, c.model_id AS id, c.artifact_location AS location,
        c.lifecycle_stage AS stage, CAST(c.experiment_id AS TEXT) AS experiment, c.last_updated_timestamp_ms AS deleted
      FROM logged_models c
      """;

  // PostgreSQL's driver otherwise takes all rows into the heap at once.
  private static final int FETCHED = 1_000;

  private final Database database;

  JdbcRemovals(Database database) {
    this.database = database;
  }

  /** What has this id, deleted or not, unless it is being removed. */
  Optional<Candidate> find(Kind kind, String id) {
    return query(kind, column(kind) + " = " + typed(kind, ":id"), id, 1).stream().findFirst();
  }

  /** What is deleted and not being removed, in the order of ids. */
  List<Candidate> deletedAfter(Kind kind, String id, int limit) {
    return query(
        kind,
        "c.lifecycle_stage = 'deleted' AND " + column(kind) + " > " + typed(kind, ":id"),
        id,
        limit);
  }

  /** Claims some of what is in an experiment. */
  List<Claim> claimIn(Kind kind, String experimentId, int limit) {
    return query(kind, "c.experiment_id = CAST(:id AS BIGINT)", experimentId, limit).stream()
        .map(this::claim)
        .toList();
  }

  /** From here on nobody sees it; the name of an experiment is free. */
  Claim claim(Candidate candidate) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO removals (kind, id, artifact_location) VALUES (:kind, :id, :location)
            ON CONFLICT DO NOTHING
            """)
        .param("kind", candidate.kind().name())
        .param("id", candidate.id())
        .param("location", candidate.location())
        .update();
    if (candidate.kind() == Kind.EXPERIMENT) {
      database
          .jdbc()
          .sql("UPDATE experiments SET name = :name WHERE experiment_id = :id")
          .param("name", "removed-" + UUID.randomUUID())
          .param("id", Long.valueOf(candidate.id()))
          .update();
    }
    return candidate.claim();
  }

  /** What was claimed and is not done, runs and models before the experiments they are in. */
  List<Claim> claims() {
    return database
        .jdbc()
        .sql("SELECT * FROM removals ORDER BY CASE kind WHEN 'EXPERIMENT' THEN 1 ELSE 0 END, id")
        .query(
            (row, _) ->
                new Claim(
                    Kind.valueOf(row.getString("kind")),
                    row.getString("id"),
                    row.getString("artifact_location")))
        .list();
  }

  void done(Claim claim) {
    database
        .jdbc()
        .sql("DELETE FROM removals WHERE kind = :kind AND id = :id")
        .param("kind", claim.kind().name())
        .param("id", claim.id())
        .update();
  }

  /** Whether another experiment keeps its files in, above or below this place. */
  boolean isShared(String experimentId, String location) {
    return database
        .jdbc()
        .sql(
            """
            SELECT artifact_location FROM experiments
            WHERE experiment_id <> :id AND artifact_location IS NOT NULL
            """)
        .param("id", Long.valueOf(experimentId))
        .query(String.class)
        .list()
        .stream()
        .anyMatch(other -> RegisteredFiles.overlap(location, other));
  }

  /**
   * Keeps others from changing, and from registering, what is in an experiment until the write is
   * over. What it relies on has to be asked afterwards.
   */
  void lockIn(String experimentId) {
    var locking = database.locking(Lock.CHANGE);
    if (locking.isEmpty()) {
      return;
    }
    for (String table : List.of("runs", "logged_models")) {
      var rows = "SELECT 1 FROM " + table + " WHERE experiment_id = :id" + locking;
      database
          .jdbc()
          .sql("SELECT COUNT(*) FROM (" + rows + ") held")
          .param("id", Long.valueOf(experimentId))
          .query(Long.class)
          .single();
    }
  }

  /** The first reason that something in an experiment gives. */
  Optional<String> firstIn(String experimentId, Function<Candidate, Optional<String>> reason) {
    var reasons = new ArrayList<String>(1);
    for (Kind kind : List.of(Kind.RUN, Kind.LOGGED_MODEL)) {
      database
          .jdbc()
          .sql(select(kind) + " WHERE c.experiment_id = :id")
          .param("id", Long.valueOf(experimentId))
          .withFetchSize(FETCHED)
          .query(
              row -> {
                if (reasons.isEmpty()) {
                  reason.apply(candidate(kind, row)).ifPresent(reasons::add);
                }
              });
    }
    return reasons.stream().findFirst();
  }

  /** How many of a kind are in an experiment. */
  long countIn(Kind kind, String experimentId) {
    return database
        .jdbc()
        .sql("SELECT COUNT(*) FROM (" + select(kind) + " WHERE c.experiment_id = :id) inside")
        .param("id", Long.valueOf(experimentId))
        .query(Long.class)
        .single();
  }

  /** Some of what is in an experiment, in the order of ids. */
  List<Candidate> inAfter(Kind kind, String experimentId, String id, int limit) {
    return database
        .jdbc()
        .sql(
            select(kind)
                + " WHERE c.experiment_id = :experiment AND %1$s > :id ORDER BY %1$s LIMIT :limit"
                    .formatted(column(kind)))
        .param("experiment", Long.valueOf(experimentId))
        .param("id", id)
        .param("limit", limit)
        .query((row, _) -> candidate(kind, row))
        .list();
  }

  /** What live versions point at. */
  RegisteredFiles registered() {
    var files = new RegisteredFiles();
    database
        .jdbc()
        .sql(
            """
            SELECT name, version, run_id, COALESCE(storage_location, source) AS location FROM model_versions
            WHERE current_stage <> 'Deleted_Internal'
            """)
        .withFetchSize(FETCHED)
        .query(
            row -> {
              files.add(
                  "version %s of '%s'".formatted(row.getString("version"), row.getString("name")),
                  row.getString("run_id"),
                  row.getString("location"));
            });
    return files;
  }

  private List<Candidate> query(Kind kind, String condition, String id, int limit) {
    return database
        .jdbc()
        .sql(
            select(kind)
                + " WHERE "
                + condition
                + """
                 AND NOT EXISTS (SELECT 1 FROM removals x WHERE x.kind = :kind AND x.id = %s)
                ORDER BY %s LIMIT :limit\
                """
                    .formatted("CAST(" + column(kind) + " AS TEXT)", column(kind))
                // Whoever registers a version of a run holds its row too.
                + database.locking(Lock.CHANGE))
        .param("kind", kind.name())
        .param("id", id)
        .param("limit", limit)
        .query((row, _) -> candidate(kind, row))
        .list();
  }

  private static Candidate candidate(Kind kind, ResultSet row) throws SQLException {
    return new Candidate(
        kind,
        row.getString("id"),
        row.getString("location"),
        row.getString("stage"),
        row.getString("experiment"),
        row.getLong("deleted"));
  }

  private static String select(Kind kind) {
    return switch (kind) {
      case EXPERIMENT -> EXPERIMENTS;
      case RUN -> RUNS;
      case LOGGED_MODEL -> LOGGED_MODELS;
    };
  }

  private static String column(Kind kind) {
    return switch (kind) {
      case EXPERIMENT -> "c.experiment_id";
      case RUN -> "c.run_uuid";
      case LOGGED_MODEL -> "c.model_id";
    };
  }

  private static String typed(Kind kind, String parameter) {
    return kind == Kind.EXPERIMENT ? "CAST(" + parameter + " AS BIGINT)" : parameter;
  }
}
