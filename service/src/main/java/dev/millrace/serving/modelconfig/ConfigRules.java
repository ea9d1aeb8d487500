package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelInput;
import dev.millrace.protocol.oip.ModelInstanceGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * What Triton refuses of values, with its texts; and, by name, models that are not ONNX. Those of
 * dynamic batching are {@link BatchingRules}, those of sequences {@link SequenceRules}, those of
 * ensembles {@link EnsembleRules}, those of one input or output {@link TensorRules}.
 */
final class ConfigRules {
  private static final Set<String> PLATFORMS =
      Set.of("", "onnxruntime_onnx", EnsembleRules.PLATFORM);
  private static final Set<String> BACKENDS = Set.of("", "onnxruntime");
  private static final Set<String> LIBRARIES = Set.of("", "libtriton_onnxruntime.so");
  private static final int IMAGE_DIMS = 3;

  private final String model;
  private final ConfigSource source;
  private final ModelConfig config;

  ConfigRules(String model, ConfigSource source) {
    this.model = model;
    this.source = source;
    config = source.config();
  }

  void require() throws IOException {
    requireIdentity();
    if (config.getMaxBatchSize() < 0) {
      throw refusal("max_batch_size", "'max_batch_size' must be non-negative value for " + model);
    }
    requireTensors();
    new BatchingRules(model, source).require();
    new SequenceRules(model, source).require();
    new EnsembleRules(model, source).require();
    for (int i = 0; i < config.getInstanceGroupCount(); i++) {
      requireGroup(config.getInstanceGroup(i), "instance_group[" + i + "].");
    }
    requireFileName();
    WarmUpRules.require(source);
    requireVersions();
  }

  private IOException refusal(String path, String reason) {
    return source.refusal(path, reason);
  }

  private void requireIdentity() throws IOException {
    if (!config.getName().isEmpty() && !config.getName().equals(model)) {
      throw refusal(
          "name",
          "unexpected directory name '%s' for model '%s', directory name must equal model name. Correct one of them."
              .formatted(model, config.getName()));
    }
    requireServed("platform", config.getPlatform(), PLATFORMS);
    requireServed("backend", config.getBackend(), BACKENDS);
    requireServed("runtime", config.getRuntime(), LIBRARIES);
  }

  private void requireServed(String field, String value, Set<String> served) throws IOException {
    if (!served.contains(value)) {
      throw refusal(
          field,
          "unexpected %s type '%s' for %s: Millrace serves ONNX models. Export the model to ONNX, and leave this out."
              .formatted(field, value, model));
    }
  }

  private void requireTensors() throws IOException {
    for (int i = 0; i < config.getInputCount(); i++) {
      var input = config.getInput(i);
      var tensor = new DeclaredTensor(input);
      var rules = new TensorRules(source, "input[" + i + "]", "model input ");
      rules.require(tensor, config.getMaxBatchSize());
      if (input.getFormat() != ModelInput.Format.FORMAT_NONE
          && input.getDimsCount() != IMAGE_DIMS) {
        throw refusal("input[" + i + "].format", "model input NHWC/NCHW require 3 dims");
      }
    }
    for (int i = 0; i < config.getOutputCount(); i++) {
      var rules = new TensorRules(source, "output[" + i + "]", "model output ");
      rules.require(new DeclaredTensor(config.getOutput(i)), config.getMaxBatchSize());
    }
  }

  private void requireGroup(ModelInstanceGroup group, String path) throws IOException {
    var kind = group.getKind();
    boolean namesGpus = group.getGpusCount() > 0;
    if (namesGpus
        && (kind == ModelInstanceGroup.Kind.KIND_CPU
            || kind == ModelInstanceGroup.Kind.KIND_MODEL)) {
      throw refusal(
          path + "gpus",
          "instance group %s of model %s has kind %s but specifies one or more GPUs. Remove them, or make it KIND_GPU."
              .formatted(group.getName(), model, kind));
    }
    if (group.getCount() < 0) {
      throw refusal(path + "count", "the count must be 1 or more");
    }
    if (group.getGpusList().stream().anyMatch(gpu -> gpu < 0)) {
      throw refusal(path + "gpus", "a GPU has a number from 0");
    }
  }

  private void requireFileName() throws IOException {
    try {
      ModelFolder.below(Path.of("1"), config.getDefaultModelFilename());
    } catch (IOException e) {
      throw refusal("default_model_filename", String.valueOf(e.getMessage()));
    }
  }

  private void requireVersions() throws IOException {
    var specific = config.getVersionPolicy().getSpecific();
    if (specific.getVersionsList().stream().anyMatch(version -> version < 1)) {
      throw refusal("version_policy.specific.versions", "a version is a number from 1");
    }
  }
}
