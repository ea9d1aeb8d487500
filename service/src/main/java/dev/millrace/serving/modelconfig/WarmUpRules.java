package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.oip.ModelWarmup;
import java.io.IOException;

/** What Triton refuses of warm-ups. */
final class WarmUpRules {
  private static final int MOST_ROUNDS = 10_000;

  private WarmUpRules() {}

  static void require(ConfigSource source) throws IOException {
    for (int i = 0; i < source.config().getModelWarmupCount(); i++) {
      var warmUp = source.config().getModelWarmup(i);
      var path = "model_warmup[" + i + "]";
      if (warmUp.getCount() < 0 || warmUp.getCount() > MOST_ROUNDS) {
        throw source.refusal(path + ".count", "the count must be 0 to " + MOST_ROUNDS);
      }
      for (var input : warmUp.getInputsMap().entrySet()) {
        require(source, path, input.getKey(), input.getValue());
      }
    }
  }

  private static void require(
      ConfigSource source, String path, String name, ModelWarmup.Input input) throws IOException {
    if (input.getDimsList().stream().anyMatch(dimension -> dimension < 1)) {
      throw source.refusal(
          path,
          "warmup setting expects all variable-size dimensions are specified for input '%s'"
              .formatted(name));
    }
    if (input.getInputDataTypeCase() == ModelWarmup.Input.InputDataTypeCase.INPUTDATATYPE_NOT_SET) {
      throw source.refusal(
          path, "warmup setting expects input '%s' to have input_data_type set".formatted(name));
    }
  }
}
