package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.AliasMove;
import dev.millrace.store.database.Database;
import java.time.Clock;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Writes down every move of an alias and tells those who wait for it. Each method is called inside
 * the write that moves, and before it moves.
 */
@Component
final class AliasMoves {
  private final Database database;
  private final JdbcAliasMoves rows;
  private final AliasWaiters waiters;
  private final Clock clock = Clock.systemUTC();

  AliasMoves(Database database, JdbcAliasMoves rows, AliasWaiters waiters) {
    this.database = database;
    this.rows = rows;
    this.waiters = waiters;
  }

  void set(VersionId id, String alias, MoveNote note) {
    rows.lock();
    move(id.name(), alias, String.valueOf(id.version()), note);
  }

  void delete(String name, String alias, MoveNote note) {
    rows.lock();
    move(name, alias, null, note);
  }

  void versionDeleted(VersionId id) {
    rows.lock();
    var note = MoveNote.because("version %s was deleted".formatted(id.version()));
    rows.aliases(id).forEach(alias -> move(id.name(), alias, null, note));
  }

  void modelDeleted(String name) {
    rows.lock();
    var note = MoveNote.because("the model was deleted");
    rows.aliases(name).forEach(alias -> move(name, alias, null, note));
    rows.modelDeleted(name);
    // Also those have to know who wait for an alias that was not set.
    announce(rows.nextRevision(), name);
  }

  /** No alias moves, but who follows all of them finds them under another name. */
  void modelRenamed(String name, String newName) {
    rows.lock();
    rows.rename(name, newName);
    announce(rows.nextRevision(), name);
  }

  private void move(String name, String alias, @Nullable String version, MoveNote note) {
    var previous = rows.version(name, alias).orElse(null);
    if (Objects.equals(version, previous)) {
      return;
    }
    var revision = rows.nextRevision();
    rows.insert(
        new AliasMove(
            revision, name, alias, version, previous, clock.millis(), note.by(), note.reason()));
    announce(revision, name);
  }

  private void announce(long revision, String name) {
    database.afterCommit(() -> waiters.moved(revision, name));
  }
}
