package dev.millrace.serving.api.console;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.serving.api.console.ConsoleStatus.Latency;
import dev.millrace.serving.api.console.ConsoleStatus.Model;
import dev.millrace.serving.api.console.ConsoleStatus.Requests;
import dev.millrace.serving.api.console.ConsoleStatus.Version;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.telemetry.MeterSnapshot;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Reports on the models of a catalog. */
final class ConsoleReport {
  private static final MeterSnapshot NO_TRAFFIC = new MeterSnapshot(0, 0, 0, 0, 0, 0);

  private final ModelCatalog catalog;
  private final NanoClock clock;
  private final long startedNanos;

  ConsoleReport(ModelCatalog catalog, NanoClock clock) {
    this.catalog = catalog;
    this.clock = clock;
    this.startedNanos = clock.nanos();
  }

  ConsoleStatus status() {
    var byModel =
        catalog.versions().stream()
            .collect(
                Collectors.groupingBy(VersionStatus::model, TreeMap::new, Collectors.toList()));
    var models =
        byModel.entrySet().stream().map(entry -> model(entry.getKey(), entry.getValue())).toList();
    return new ConsoleStatus(
        Duration.ofNanos(clock.nanos() - startedNanos).toSeconds(), catalog.serverReady(), models);
  }

  private Model model(String name, List<VersionStatus> versions) {
    var traffic = traffic(name);
    return new Model(
        name,
        versions.stream().map(ConsoleReport::version).toList().reversed(),
        image(name).orElse(null),
        new Requests(traffic.success(), traffic.failure()),
        new Latency(
            traffic.count(), traffic.p50Micros(), traffic.p99Micros(), traffic.totalMicros()));
  }

  private static Version version(VersionStatus status) {
    return new Version(
        status.version(),
        status.state(),
        status.live(),
        status.reason(),
        status.device(),
        status.loadTime().toMillis(),
        status.availableSince());
  }

  /** A model may be unloaded while it is reported on; then it has no picture and no traffic. */
  private Optional<ImageDescription> image(String name) {
    try {
      return Optional.ofNullable(catalog.describe(name, null).image());
    } catch (InferenceException _) {
      return Optional.empty();
    }
  }

  private MeterSnapshot traffic(String name) {
    try {
      return catalog.traffic(name);
    } catch (InferenceException _) {
      return NO_TRAFFIC;
    }
  }
}
