package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.AliasState;
import dev.millrace.store.database.Database;
import dev.millrace.store.edge.Caller;
import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/** Answers when an alias is no longer as the caller knows it. */
@Service
final class AliasWatch {
  /**
   * How long to wait, and for what.
   *
   * @param since the revision that the caller knows; null for an answer at once
   */
  record Request(@Nullable Long since, Duration timeout, Caller caller) {
    /** Without taking a place among those who wait. */
    boolean isAnsweredBy(long revision) {
      return isNews(revision) || timeout.isZero();
    }

    boolean isNews(long revision) {
      return since == null || since != revision;
    }

    boolean isOlderThan(long revision) {
      return since != null && since < revision;
    }

    AliasWaiters.Wait wait(String model) {
      return new AliasWaiters.Wait(model, timeout, caller);
    }
  }

  private final Database database;
  private final JdbcAliasMoves moves;
  private final JdbcAliases aliases;
  private final Models models;
  private final AliasWaiters waiters;

  AliasWatch(
      Database database,
      JdbcAliasMoves moves,
      JdbcAliases aliases,
      Models models,
      AliasWaiters waiters) {
    this.database = database;
    this.moves = moves;
    this.aliases = aliases;
    this.models = models;
    this.waiters = waiters;
  }

  /** One alias, once it is not at the revision any more; as it is when the time is over. */
  AliasState alias(String name, String alias, Request request) {
    var now = state(name, alias);
    if (request.isAnsweredBy(now.revision())) {
      return now;
    }
    return waiters.await(
        request.wait(name),
        () -> stateOrEnd(name, alias, request),
        state -> request.isNews(state.revision()));
  }

  /** The last revision of all aliases, once it is another. */
  long all(Request request) {
    long now = database.read(moves::revision);
    if (request.isAnsweredBy(now)) {
      return now;
    }
    return waiters.await(
        request.wait(AliasWaiters.ANY), () -> database.read(moves::revision), request::isNews);
  }

  private AliasState state(String name, String alias) {
    return database.read(
        () -> {
          var version = aliases.find(name, alias).orElse(null);
          if (version == null) {
            models.get(name);
          }
          var number = version == null ? null : version.version();
          return new AliasState(moves.revision(name, alias), number, version);
        });
  }

  /** A model that goes while somebody waits takes its alias along, and that is a move to tell. */
  private AliasState stateOrEnd(String name, String alias, Request request) {
    try {
      return state(name, alias);
    } catch (StoreException e) {
      long last = database.read(() -> moves.lastRevision(name, alias));
      if (e.code() != ErrorCode.RESOURCE_DOES_NOT_EXIST || !request.isOlderThan(last)) {
        throw e;
      }
      return new AliasState(last, null, null);
    }
  }
}
