package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.AliasRolledBack;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/** Moves an alias back to a version that it had. That is a move too, and may be rolled back. */
@Service
final class AliasRollback {
  private final Database database;
  private final JdbcAliasMoves moves;
  private final Models models;
  private final Versions versions;

  AliasRollback(Database database, JdbcAliasMoves moves, Models models, Versions versions) {
    this.database = database;
    this.moves = moves;
    this.models = models;
    this.versions = versions;
  }

  /** To the version before its last move, or the last one before that which is still there. */
  AliasRolledBack undoLast(String name, String alias, MoveNote note) {
    return database.write(
        () -> {
          var current = current(name, alias);
          var skipped = new LinkedHashSet<String>();
          for (var earlier : moves.earlier(name, alias)) {
            if (earlier.deleted()) {
              skipped.add(earlier.version());
            } else if (!earlier.version().equals(current)) {
              return moved(name, alias, earlier.version(), note, List.copyOf(skipped));
            }
          }
          throw nothing(name, alias, current, List.copyOf(skipped));
        });
  }

  /** To the version that the alias had from this revision on. */
  AliasRolledBack toRevision(String name, String alias, long revision, MoveNote note) {
    return database.write(
        () -> {
          current(name, alias);
          var version = versionAt(name, alias, revision);
          if (!versions.isThere(VersionId.of(name, version))) {
            throw StoreException.invalid(
                "Version %s of '%s', to which alias '%s' moved at revision %s, is deleted. Name the revision of a version that is there; GET registered-models/alias/history lists them."
                    .formatted(version, name, alias, revision));
          }
          return moved(name, alias, version, note, List.of());
        });
  }

  private String versionAt(String name, String alias, long revision) {
    var move =
        moves
            .find(name, alias, revision)
            .orElseThrow(
                () ->
                    StoreException.invalid(
                        "Revision %s is no move of alias '%s' of '%s'. GET registered-models/alias/history lists its moves."
                            .formatted(revision, alias, name)));
    var version = move.version();
    if (version == null) {
      throw StoreException.invalid(
          "At revision %s alias '%s' of '%s' was removed. Name the revision of a version; GET registered-models/alias/history lists them."
              .formatted(revision, alias, name));
    }
    return version;
  }

  /** Where the alias points now, or null; from here to the end it stays there. */
  private @Nullable String current(String name, String alias) {
    // In the order in which setting an alias locks them: the model, then the moves.
    models.get(name);
    moves.lock();
    var current = moves.version(name, alias).orElse(null);
    if (current == null && moves.revision(name, alias) == 0) {
      throw StoreException.invalid(
          "Registered model alias %s not found. It never pointed to a version of '%s', so there is nothing to roll back."
              .formatted(alias, name));
    }
    return current;
  }

  private AliasRolledBack moved(
      String name, String alias, String version, MoveNote note, List<String> skipped) {
    versions.setAlias(VersionId.of(name, version), alias, note);
    return new AliasRolledBack(moves.revision(name, alias), versions.byAlias(name, alias), skipped);
  }

  private static StoreException nothing(
      String name, String alias, @Nullable String current, List<String> deleted) {
    return StoreException.invalid(
        "Alias '%s' of '%s' has nothing to roll back to: it %s, and %s. Set it to a version that is there; GET registered-models/alias/history lists its moves."
            .formatted(
                alias,
                name,
                current == null ? "points to no version" : "points to version " + current,
                deleted.isEmpty()
                    ? "no other version came before"
                    : "the versions before are deleted: " + String.join(", ", deleted)));
  }
}
