package dev.millrace.serving.repository;

import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Lists what the server knows of, and what a directory offers beside it. */
final class RepositoryIndex {
  private RepositoryIndex() {}

  /** Ordered by model; those that were never loaded have no version. */
  static List<VersionStatus> of(ModelCatalog catalog, Collection<String> offered) {
    var index = new ArrayList<>(catalog.versions());
    offered.stream()
        .filter(model -> index.stream().noneMatch(status -> status.model().equals(model)))
        .toList()
        .forEach(model -> index.add(neverLoaded(model)));
    index.sort(Comparator.comparing(VersionStatus::model));
    return index;
  }

  private static VersionStatus neverLoaded(String model) {
    return new VersionStatus(
        model, "", VersionState.UNAVAILABLE, "unloaded", false, "", Duration.ZERO, null);
  }
}
