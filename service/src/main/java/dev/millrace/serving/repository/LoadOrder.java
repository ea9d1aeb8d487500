package dev.millrace.serving.repository;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Starts the loads of one look, those of ensembles after those of the models they ask. */
final class LoadOrder {
  private final List<FoundModel> models;
  private final Map<String, FoundModel> found = new HashMap<>();
  private final Function<FoundModel, CompletableFuture<Void>> load;
  private final Map<String, CompletableFuture<Void>> begun = new HashMap<>();

  /**
   * Starts nothing yet.
   *
   * @param load begins one, and completes when it is over, whatever became of it
   */
  LoadOrder(List<FoundModel> models, Function<FoundModel, CompletableFuture<Void>> load) {
    this.models = List.copyOf(models);
    this.load = load;
    models.forEach(model -> found.put(model.model(), model));
  }

  /** In their order, as far as ensembles do not have to wait. */
  List<CompletableFuture<Void>> start() {
    return models.stream().map(this::begin).toList();
  }

  private CompletableFuture<Void> begin(FoundModel model) {
    var already = begun.get(model.model());
    if (already != null) {
      return already;
    }
    // Where ensembles ask each other in a circle, none waits for itself: its load tells.
    begun.put(model.model(), CompletableFuture.completedFuture(null));
    var first = new ArrayList<CompletableFuture<Void>>();
    for (var step : model.config().stepModels()) {
      var asked = found.get(step);
      if (asked != null) {
        first.add(begin(asked));
      }
    }
    var loading = first.isEmpty() ? load.apply(model) : after(first, model);
    begun.put(model.model(), loading);
    return loading;
  }

  private CompletableFuture<Void> after(List<CompletableFuture<Void>> first, FoundModel model) {
    return CompletableFuture.allOf(first.toArray(CompletableFuture[]::new))
        .handle((_, _) -> model)
        .thenComposeAsync(load, Thread::startVirtualThread);
  }
}
