package dev.millrace.store.removal;

import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.removal.Removals.Named;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** Routes that MLflow does not have: what is removed here cannot be restored. */
@MlflowApi
@RequestMapping("/2.0/mlflow")
final class RemovalController {
  private static final int MAX_NAMED = 1_000;

  private final Removals removals;
  private final Clock clock = Clock.systemUTC();

  RemovalController(Removals removals) {
    this.removals = removals;
  }

  @PostMapping("/experiments/delete-permanently")
  Report experiment(Parameters p) {
    return removals.remove(new Named(Kind.EXPERIMENT, number(p.required("experiment_id"))));
  }

  @PostMapping("/runs/delete-permanently")
  Report run(Parameters p) {
    return removals.remove(new Named(Kind.RUN, p.required("run_id")));
  }

  @PostMapping("/logged-models/delete-permanently")
  Report loggedModel(Parameters p) {
    return removals.remove(new Named(Kind.LOGGED_MODEL, p.required("model_id")));
  }

  @PostMapping("/gc")
  Report collect(Parameters p) {
    var before = clock.millis() - Age.parse(p.text("older_than", "")).toMillis();
    var named = named(p);
    return p.isSet("dry_run") ? removals.preview(before, named) : removals.collect(before, named);
  }

  private static List<Named> named(Parameters p) {
    var named = new ArrayList<Named>();
    p.texts("experiment_ids").forEach(id -> named.add(new Named(Kind.EXPERIMENT, number(id))));
    p.texts("run_ids").forEach(id -> named.add(new Named(Kind.RUN, id)));
    p.texts("logged_model_ids").forEach(id -> named.add(new Named(Kind.LOGGED_MODEL, id)));
    if (named.size() > MAX_NAMED) {
      throw StoreException.invalid(
          "A collection takes at most %s ids, but got %s. Send several."
              .formatted(MAX_NAMED, named.size()));
    }
    if (named.isEmpty()
        && (p.has("experiment_ids") || p.has("run_ids") || p.has("logged_model_ids"))) {
      throw StoreException.invalid(
          "The lists of ids are empty. Name what to remove, or leave them out to remove all that"
              + " was deleted.");
    }
    return named;
  }

  private static String number(String id) {
    if (!id.matches("\\d{1,18}")) {
      throw StoreException.invalid(
          "Invalid experiment ID '%s'. Experiment ID must be a valid integer.".formatted(id));
    }
    return String.valueOf(Long.parseLong(id));
  }
}
