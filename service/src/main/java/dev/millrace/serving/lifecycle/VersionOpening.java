package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.lifecycle.Berths.Berth;
import dev.millrace.serving.modelconfig.CompletedConfig;
import dev.millrace.serving.modelconfig.ConfiguredModel;
import dev.millrace.serving.modelconfig.WarmUpRequests;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.scheduling.DeviceTurns;
import dev.millrace.serving.tensor.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What it takes to open copies of one version.
 *
 * @param settings as chosen for this version
 * @param haste how soon it is wanted
 * @param turns by which runs share devices with those of other models
 */
record VersionOpening(
    Candidate candidate,
    ServablePackage files,
    ModelSettings settings,
    ModelRuntime runtime,
    Haste haste,
    DeviceTurns turns) {
  /** Starts what copies share, at the priority of the calling thread. */
  void prepare(Berths berths) {
    berths.all().forEach(berth -> runtime.prepare(berth.device(), settings.runtime()));
  }

  /** Whether the thread that opens copies at these places starts threads that compute for them. */
  boolean startsThreads(Berths berths) {
    return berths.all().stream()
        .anyMatch(berth -> runtime.startsThreads(berth.device(), settings.runtime()));
  }

  /** A copy at each place, each checked; none is left open when one fails. */
  List<ExecutableModel> openAll(Berths berths) {
    var instances = new ArrayList<ExecutableModel>();
    try {
      for (var berth : berths.all()) {
        instances.add(openAt(berth, berths));
      }
      return instances;
    } catch (RuntimeException | Error e) {
      instances.forEach(ExecutableModel::close);
      throw e;
    }
  }

  private ExecutableModel openAt(Berth berth, Berths berths) {
    var instance = open(berth.device());
    berths.occupy(berth, instance);
    return instance;
  }

  /** One copy, checked. */
  ExecutableModel open(Device device) {
    var instance = runtime.open(files.modelFile(), device, settings.runtime());
    try {
      var configured = ConfiguredModel.of(candidate.model(), instance, files.config());
      check(instance, configured);
      return configured;
    } catch (RuntimeException | Error e) {
      instance.close();
      throw e;
    }
  }

  /** What was recorded knows nothing of a configuration. */
  private void check(ExecutableModel instance, ExecutableModel configured) {
    requireImageInput(files.image(), configured.signature());
    LabelCheck.require(files, configured.signature());
    new GoldenReplay(turns.inTurn(instance)).require(files.golden());
    if (files.config() != null) {
      WarmUpRequests.run(files.config(), turns.inTurn(configured));
    }
  }

  private static void requireImageInput(@Nullable ImageDescription image, Signature signature) {
    if (image != null
        && (signature.input(image.input()).isEmpty()
            || signature.output(image.output()).isEmpty())) {
      throw new ModelLoadException(
          "The package describes pictures for input '%s' and output '%s', but the model has %s and %s. Correct millrace.json."
              .formatted(image.input(), image.output(), signature.inputs(), signature.outputs()),
          null);
    }
  }

  VersionOpening with(ModelSettings chosen) {
    return new VersionOpening(candidate, files, chosen, runtime, haste, turns);
  }

  /** The same on the threads of workers. */
  VersionOpening inWorkers() {
    return new VersionOpening(candidate, files, settings, runtime, haste, turns.ofWorkers());
  }

  ModelDescription describe(Signature signature) {
    return describe(signature, signature.batchable() ? maxBatchRows() : 0);
  }

  /** Where requests run one by one, each may have rows all the same. */
  private int maxBatchRows() {
    int declared = mostRowsOfRequest();
    return declared == Integer.MAX_VALUE ? settings.scheduling().maxBatchRows() : declared;
  }

  /** Rows that one request may have. */
  int mostRowsOfRequest() {
    return files.config() == null ? Integer.MAX_VALUE : files.config().mostRows();
  }

  /** Of a version that is not open. */
  ModelDescription describe(Signature signature, int maxBatchRows) {
    return new ModelDescription(
        candidate.model(),
        candidate.version(),
        List.of(candidate.version()),
        runtime.platform(),
        signature,
        maxBatchRows,
        files.labels(),
        files.image(),
        CompletedConfig.of(
            candidate.model(),
            files.config(),
            signature,
            maxBatchRows,
            files.modelFile().getFileName().toString()),
        files.config() == null ? Map.of() : files.config().labels(),
        files.columns());
  }
}
