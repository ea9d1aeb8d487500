package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.lifecycle.VersionStatistics;
import dev.millrace.serving.telemetry.InferenceStatistics;
import dev.millrace.serving.telemetry.InferenceStatistics.Batches;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/** The JSON of Triton's statistics extension. */
@JsonNaming(SnakeCaseStrategy.class)
record StatisticsAnswer(List<Version> modelStats) {
  static StatisticsAnswer of(List<VersionStatistics> versions) {
    return new StatisticsAnswer(versions.stream().map(Version::of).toList());
  }

  /**
   * One version.
   *
   * @param responseStats empty: it is filled where a request has several answers
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record Version(
      String name,
      String version,
      long lastInference,
      long inferenceCount,
      long executionCount,
      Inference inferenceStats,
      Map<String, Object> responseStats,
      List<Batch> batchStats,
      List<Memory> memoryUsage) {
    private static Version of(VersionStatistics version) {
      var inference = version.inference();
      return new Version(
          version.model(),
          version.version(),
          inference.lastInferenceMillis(),
          inference.inferenceCount(),
          inference.executionCount(),
          Inference.of(inference),
          Map.of(),
          inference.batches().stream().map(Batch::of).toList(),
          version.bytesByDevice().entrySet().stream()
              .sorted(Map.Entry.comparingByKey(Comparator.comparing(Device::name)))
              .map(entry -> Memory.of(entry.getKey(), entry.getValue()))
              .toList());
    }
  }

  /** Requests. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Inference(
      Total success,
      Total fail,
      Total queue,
      Total computeInput,
      Total computeInfer,
      Total computeOutput,
      Total cacheHit,
      Total cacheMiss) {
    private static Inference of(InferenceStatistics inference) {
      return new Inference(
          Total.of(inference.success()),
          Total.of(inference.fail()),
          Total.of(inference.queue()),
          Total.of(inference.computeInput()),
          Total.of(inference.computeInfer()),
          Total.of(inference.computeOutput()),
          Total.of(inference.cacheHit()),
          Total.of(inference.cacheMiss()));
    }
  }

  /** Runs of one size. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Batch(long batchSize, Total computeInput, Total computeInfer, Total computeOutput) {
    private static Batch of(Batches batches) {
      return new Batch(
          batches.rows(),
          Total.of(batches.computeInput()),
          Total.of(batches.computeInfer()),
          Total.of(batches.computeOutput()));
    }
  }

  /** What the copies on one device take. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Memory(String type, int id, long byteSize) {
    private static Memory of(Device device, long bytes) {
      return new Memory(device.kind().name(), device.ordinal(), bytes);
    }
  }

  /** How often, and how long together. */
  record Total(long count, long ns) {
    private static Total of(InferenceStatistics.Total total) {
      return new Total(total.count(), total.nanos());
    }
  }
}
