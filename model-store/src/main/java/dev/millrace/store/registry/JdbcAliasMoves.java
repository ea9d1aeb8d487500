package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.AliasMove;
import dev.millrace.store.database.Database;
import dev.millrace.store.search.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of the moves of aliases, and the counter that numbers them. */
@Repository
final class JdbcAliasMoves {
  /** Kept of each alias; older ones are dropped. */
  static final int MOST_MOVES = 10_000;

  /** A version that an alias pointed to before a move. */
  record Earlier(String version, boolean deleted) {}

  private final Database database;

  JdbcAliasMoves(Database database) {
    this.database = database;
  }

  /** From here to the end of the write no other write moves an alias, in any process. */
  void lock() {
    database.jdbc().sql("UPDATE registered_model_alias_revision SET revision = revision").update();
  }

  /** The revision of a move of this write. */
  long nextRevision() {
    return database
        .jdbc()
        .sql(
            "UPDATE registered_model_alias_revision SET revision = revision + 1 RETURNING revision")
        .query(Long.class)
        .single();
  }

  /** The last revision of all aliases, 0 before the first. */
  long revision() {
    return database
        .jdbc()
        .sql("SELECT revision FROM registered_model_alias_revision")
        .query(Long.class)
        .single();
  }

  /** The revision of the last move of this alias of a model that is there; 0 when it never did. */
  long revision(String name, String alias) {
    return lastRevision(name, alias, " AND NOT model_deleted");
  }

  /** The same of a model that may be gone. */
  long lastRevision(String name, String alias) {
    return lastRevision(name, alias, "");
  }

  private long lastRevision(String name, String alias, String more) {
    return of(
            name,
            alias,
            """
            SELECT COALESCE(MAX(revision), 0) FROM registered_model_alias_moves
            WHERE name = :name AND alias = :alias"""
                + more)
        .query(Long.class)
        .single();
  }

  /** Where the alias points now. */
  Optional<String> version(String name, String alias) {
    return of(
            name,
            alias,
            "SELECT version FROM registered_model_aliases WHERE name = :name AND alias = :alias")
        .query(String.class)
        .optional();
  }

  /** The aliases that point to the version. */
  List<String> aliases(VersionId id) {
    return database
        .jdbc()
        .sql(
            "SELECT alias FROM registered_model_aliases WHERE name = :name AND version = :version ORDER BY alias")
        .param("name", id.name())
        .param("version", id.version())
        .query((row, _) -> row.getString("alias"))
        .list();
  }

  /** All aliases of the model. */
  List<String> aliases(String name) {
    return database
        .jdbc()
        .sql("SELECT alias FROM registered_model_aliases WHERE name = :name ORDER BY alias")
        .param("name", name)
        .query((row, _) -> row.getString("alias"))
        .list();
  }

  /** Adds a move, and drops the oldest of its alias when there are too many. */
  void insert(AliasMove move) {
    of(
            move.name(),
            move.alias(),
            """
            INSERT INTO registered_model_alias_moves
              (revision, name, alias, version, previous_version, moved_at, moved_by, reason)
            VALUES (:revision, :name, :alias, :version, :previous, :at, :by, :reason)
            """)
        .param("revision", move.revision())
        .param("version", number(move.version()), Types.INTEGER)
        .param("previous", number(move.previousVersion()), Types.INTEGER)
        .param("at", move.movedAt())
        .param("by", move.movedBy())
        .param("reason", move.reason())
        .update();
    of(
            move.name(),
            move.alias(),
            """
            DELETE FROM registered_model_alias_moves
            WHERE name = :name AND alias = :alias AND revision <=
              (SELECT revision FROM registered_model_alias_moves
               WHERE name = :name AND alias = :alias ORDER BY revision DESC LIMIT 1 OFFSET :most)
            """)
        .param("most", MOST_MOVES)
        .update();
  }

  /** The newest first; of all aliases of the model when the alias is empty. */
  Page<AliasMove> history(String name, String alias, Page.Request request) {
    var ofAlias = alias.isEmpty() ? "" : " AND alias = :alias";
    return request.of(
        of(
                name,
                alias,
                "SELECT * FROM registered_model_alias_moves WHERE name = :name"
                    + ofAlias
                    + " ORDER BY revision DESC LIMIT :limit OFFSET :offset")
            .param("limit", request.limit())
            .param("offset", request.offset())
            .query((row, _) -> move(row))
            .list());
  }

  /** One move of an alias of the model that is there now. */
  Optional<AliasMove> find(String name, String alias, long revision) {
    return of(
            name,
            alias,
            """
            SELECT * FROM registered_model_alias_moves
            WHERE name = :name AND alias = :alias AND revision = :revision AND NOT model_deleted
            """)
        .param("revision", revision)
        .query((row, _) -> move(row))
        .optional();
  }

  /** What the alias pointed to before each of its moves, the last move first. */
  List<Earlier> earlier(String name, String alias) {
    return of(
            name,
            alias,
            """
            SELECT m.previous_version, v.version AS present FROM registered_model_alias_moves m
            LEFT JOIN model_versions v ON v.name = m.name AND v.version = m.previous_version
              AND v.current_stage <> 'Deleted_Internal'
            WHERE m.name = :name AND m.alias = :alias AND NOT m.model_deleted
              AND m.previous_version IS NOT NULL
            ORDER BY m.revision DESC
            """)
        .query(
            (row, _) ->
                new Earlier(row.getString("previous_version"), row.getString("present") == null))
        .list();
  }

  /** The moves follow a model to its new name. */
  void rename(String name, String newName) {
    database
        .jdbc()
        .sql(
            "UPDATE registered_model_alias_moves SET name = :new WHERE name = :name AND NOT model_deleted")
        .param("name", name)
        .param("new", newName)
        .update();
  }

  /** The moves stay, as those of a model that is gone. */
  void modelDeleted(String name) {
    database
        .jdbc()
        .sql(
            "UPDATE registered_model_alias_moves SET model_deleted = TRUE WHERE name = :name AND NOT model_deleted")
        .param("name", name)
        .update();
  }

  private JdbcClient.StatementSpec of(String name, String alias, String sql) {
    return database.jdbc().sql(sql).param("name", name).param("alias", alias);
  }

  private static @Nullable Long number(@Nullable String version) {
    return version == null ? null : Long.valueOf(version);
  }

  private static AliasMove move(ResultSet row) throws SQLException {
    return new AliasMove(
        row.getLong("revision"),
        row.getString("name"),
        row.getString("alias"),
        row.getString("version"),
        row.getString("previous_version"),
        row.getLong("moved_at"),
        row.getString("moved_by"),
        row.getString("reason"));
  }
}
