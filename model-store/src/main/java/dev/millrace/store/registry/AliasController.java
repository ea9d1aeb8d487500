package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.AliasMove;
import dev.millrace.protocol.mlflow.AliasRolledBack;
import dev.millrace.protocol.mlflow.AliasState;
import dev.millrace.store.edge.Caller;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Page;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** What MLflow has not: where aliases pointed, and word of it when they move. */
@MlflowApi
@RequestMapping("/2.0/mlflow/registered-models")
final class AliasController {
  private static final int RESULTS = 100;
  private static final int MOST_RESULTS = 1_000;
  private static final long WAIT_MILLIS = 30_000;
  private static final long MOST_WAIT_MILLIS = 60_000;

  /** The answer of a history. */
  record History(List<AliasMove> moves, @Nullable String nextPageToken) {}

  private final AliasHistory history;
  private final AliasRollback rollback;
  private final AliasWatch watch;

  AliasController(AliasHistory history, AliasRollback rollback, AliasWatch watch) {
    this.history = history;
    this.rollback = rollback;
    this.watch = watch;
  }

  @GetMapping("/alias/history")
  History history(Parameters p) {
    var request = Page.Request.of(p.maxResults(RESULTS, MOST_RESULTS), p.text("page_token"));
    var page = history.of(p.required("name"), p.text("alias", ""), request);
    return new History(page.items(), page.nextToken());
  }

  @PostMapping("/alias/rollback")
  AliasRolledBack rollBack(Parameters p) {
    var revision = p.number("to_revision");
    var name = p.required("name");
    var alias = p.required("alias");
    return revision == null
        ? rollback.undoLast(name, alias, MoveNote.of(p))
        : rollback.toRevision(name, alias, revision, MoveNote.of(p));
  }

  @GetMapping("/{name}/alias/{alias}/watch")
  AliasState watchAlias(
      @PathVariable String name, @PathVariable String alias, Parameters p, Caller caller) {
    return watch.alias(name, alias, request(p, caller));
  }

  @GetMapping("/watch")
  Map<String, Long> watchAll(Parameters p, Caller caller) {
    return Map.of("revision", watch.all(request(p, caller)));
  }

  private static AliasWatch.Request request(Parameters p, Caller caller) {
    var millis = p.number("timeout_ms", WAIT_MILLIS);
    if (millis < 0 || millis > MOST_WAIT_MILLIS) {
      throw StoreException.invalid(
          "Invalid value %s for parameter 'timeout_ms' supplied. It must be 0 to %s milliseconds; ask again for more"
              .formatted(millis, MOST_WAIT_MILLIS));
    }
    return new AliasWatch.Request(p.number("since"), Duration.ofMillis(millis), caller);
  }
}
