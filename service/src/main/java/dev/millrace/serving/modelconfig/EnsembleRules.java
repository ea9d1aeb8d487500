package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelEnsembling.Step;
import java.io.IOException;
import java.util.HashSet;

/** What Triton refuses of ensembles before it knows the models of their steps. */
final class EnsembleRules {
  /** What an ensemble calls itself. */
  static final String PLATFORM = "ensemble";

  private static final String AT = "ensemble_scheduling";

  /** Far more than anybody draws, and few enough that a request's bookkeeping stays small. */
  private static final int MOST_STEPS = 1_024;

  private final String model;
  private final ConfigSource source;
  private final ModelConfig config;

  EnsembleRules(String model, ConfigSource source) {
    this.model = model;
    this.source = source;
    config = source.config();
  }

  void require() throws IOException {
    boolean named = config.getPlatform().equals(PLATFORM);
    if (config.hasEnsembleScheduling()) {
      requireEnsemble(named);
    } else if (named) {
      throw source.refusal(
          "platform",
          "ensemble scheduling must be set for ensemble %s whose platform is %s"
              .formatted(model, PLATFORM));
    }
  }

  private void requireEnsemble(boolean named) throws IOException {
    if (!named) {
      throw source.refusal(
          AT,
          "ensemble scheduling cannot be set for model '%s' whose platform is not %s"
              .formatted(model, PLATFORM));
    }
    requireNothingOfAFile();
    requireTensors();
    requireSteps();
    new EnsembleFlow(model, source).require();
  }

  /** Fields that say how a model runs mean nothing where other models run. */
  private void requireNothingOfAFile() throws IOException {
    refuse("backend", !config.getBackend().isEmpty(), "backend should not be specified");
    refuse("runtime", !config.getRuntime().isEmpty(), "runtime should not be specified");
    refuse(
        "instance_group[0]",
        config.getInstanceGroupCount() > 0,
        "instance group should not be specified");
    refuse("optimization", config.hasOptimization(), "optimization should not be specified");
    refuse(
        "model_warmup[0]", config.getModelWarmupCount() > 0, "model_warmup can not be specified");
    refuse(
        "default_model_filename",
        !config.getDefaultModelFilename().isEmpty(),
        "default_model_filename should not be specified");
    if (config.getResponseCache().getEnable()) {
      throw source.refusal(
          "response_cache",
          "answers kept for ensemble '%s' would outlive the versions of its steps. Enable the cache in the models of the steps."
              .formatted(model));
    }
  }

  private void refuse(String field, boolean isSet, String reason) throws IOException {
    if (isSet) {
      throw source.refusal(field, reason + " for ensemble '" + model + "'");
    }
  }

  private void requireTensors() throws IOException {
    if (config.getInputCount() == 0 || config.getOutputCount() == 0) {
      throw source.refusal(AT, "must specify 'input' and 'output' for ensemble '" + model + "'");
    }
    var seen = new HashSet<String>();
    for (int i = 0; i < config.getInputCount(); i++) {
      var input = config.getInput(i);
      requireTensor(
          "input[" + i + "]", input.getName(), input.hasReshape(), seen.add(input.getName()));
    }
    seen.clear();
    for (int i = 0; i < config.getOutputCount(); i++) {
      var output = config.getOutput(i);
      requireTensor(
          "output[" + i + "]", output.getName(), output.hasReshape(), seen.add(output.getName()));
    }
  }

  private void requireTensor(String path, String name, boolean reshaped, boolean isNew)
      throws IOException {
    if (!isNew) {
      throw source.refusal(
          path, "ensemble '%s' has the tensor '%s' twice. Remove one.".formatted(model, name));
    }
    if (reshaped) {
      throw source.refusal(
          path + ".reshape",
          "reshape is not supported for ensemble '%s': tensor '%s' goes to steps as it is. Put it into the configuration of the step's model."
              .formatted(model, name));
    }
  }

  private void requireSteps() throws IOException {
    var steps = config.getEnsembleScheduling().getStepList();
    if (steps.isEmpty()) {
      throw source.refusal(AT, "must specify 'step' for ensemble '" + model + "'");
    }
    if (steps.size() > MOST_STEPS) {
      throw source.refusal(
          AT,
          "ensemble '%s' has %d steps; it may have %d".formatted(model, steps.size(), MOST_STEPS));
    }
    for (int i = 0; i < steps.size(); i++) {
      requireStep(steps.get(i), i);
    }
  }

  private void requireStep(Step step, int number) throws IOException {
    var missing = missing(step);
    if (!missing.isEmpty()) {
      throw refusal(
          number,
          "must specify '%s' in step %d of ensemble '%s'".formatted(missing, number, model));
    }
    if (step.getModelName().equals(model)) {
      throw refusal(
          number,
          "circular dependency between ensembles: %s -> %s. A step must be another model."
              .formatted(model, model));
    }
    if (step.getModelVersion() < -1) {
      throw refusal(
          number, "the model_version of a step is -1 for the live one, or a version from 1");
    }
  }

  private static String missing(Step step) {
    if (step.getModelName().isEmpty()) {
      return "model_name";
    }
    if (step.getInputMapCount() == 0) {
      return "input_map";
    }
    return step.getOutputMapCount() == 0 ? "output_map" : "";
  }

  private IOException refusal(int step, String reason) {
    return source.refusal(AT + ".step[" + step + "]", reason);
  }
}
