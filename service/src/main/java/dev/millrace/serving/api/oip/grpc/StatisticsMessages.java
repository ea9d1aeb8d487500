package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.InferBatchStatistics;
import dev.millrace.protocol.oip.InferStatistics;
import dev.millrace.protocol.oip.MemoryUsage;
import dev.millrace.protocol.oip.ModelStatistics;
import dev.millrace.protocol.oip.ModelStatisticsRequest;
import dev.millrace.protocol.oip.ModelStatisticsResponse;
import dev.millrace.protocol.oip.StatisticDuration;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionStatistics;
import dev.millrace.serving.telemetry.InferenceStatistics;
import dev.millrace.serving.telemetry.InferenceStatistics.Batches;
import dev.millrace.serving.telemetry.InferenceStatistics.Total;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Messages of the statistics extension. */
final class StatisticsMessages {
  private StatisticsMessages() {}

  static ModelStatisticsResponse answer(ModelStatisticsRequest message, ModelCatalog catalog) {
    return of(
        message.getName().isEmpty()
            ? catalog.statistics()
            : catalog.statistics(
                message.getName(), message.getVersion().isEmpty() ? null : message.getVersion()));
  }

  private static ModelStatisticsResponse of(List<VersionStatistics> versions) {
    return ModelStatisticsResponse.newBuilder()
        .addAllModelStats(versions.stream().map(StatisticsMessages::of).toList())
        .build();
  }

  private static ModelStatistics of(VersionStatistics version) {
    var inference = version.inference();
    return ModelStatistics.newBuilder()
        .setName(version.model())
        .setVersion(version.version())
        .setLastInference(inference.lastInferenceMillis())
        .setInferenceCount(inference.inferenceCount())
        .setExecutionCount(inference.executionCount())
        .setInferenceStats(of(inference))
        .addAllBatchStats(inference.batches().stream().map(StatisticsMessages::of).toList())
        .addAllMemoryUsage(
            version.bytesByDevice().entrySet().stream()
                .sorted(Map.Entry.comparingByKey(Comparator.comparing(Device::name)))
                .map(entry -> of(entry.getKey(), entry.getValue()))
                .toList())
        .build();
  }

  private static InferStatistics of(InferenceStatistics inference) {
    return InferStatistics.newBuilder()
        .setSuccess(of(inference.success()))
        .setFail(of(inference.fail()))
        .setQueue(of(inference.queue()))
        .setComputeInput(of(inference.computeInput()))
        .setComputeInfer(of(inference.computeInfer()))
        .setComputeOutput(of(inference.computeOutput()))
        .setCacheHit(of(inference.cacheHit()))
        .setCacheMiss(of(inference.cacheMiss()))
        .build();
  }

  private static InferBatchStatistics of(Batches batches) {
    return InferBatchStatistics.newBuilder()
        .setBatchSize(batches.rows())
        .setComputeInput(of(batches.computeInput()))
        .setComputeInfer(of(batches.computeInfer()))
        .setComputeOutput(of(batches.computeOutput()))
        .build();
  }

  private static MemoryUsage of(Device device, long bytes) {
    return MemoryUsage.newBuilder()
        .setType(device.kind().name())
        .setId(device.ordinal())
        .setByteSize(bytes)
        .build();
  }

  private static StatisticDuration of(Total total) {
    return StatisticDuration.newBuilder().setCount(total.count()).setNs(total.nanos()).build();
  }
}
