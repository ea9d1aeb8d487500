package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelEnsembling.Step;
import dev.millrace.protocol.oip.ModelInput;
import dev.millrace.protocol.oip.ModelOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether the steps of an ensemble make its outputs out of its inputs: each tensor is made once,
 * each step gets all it takes in the end, and nothing is made for nobody.
 */
final class EnsembleFlow {
  private final String model;
  private final ConfigSource source;
  private final ModelConfig config;
  private final List<Step> steps;
  private final Set<String> inputs;
  private final Set<String> outputs;

  /** By tensor, the step that makes it. */
  private final Map<String, Integer> makers = new HashMap<>();

  EnsembleFlow(String model, ConfigSource source) {
    this.model = model;
    this.source = source;
    config = source.config();
    steps = config.getEnsembleScheduling().getStepList();
    inputs = config.getInputList().stream().map(ModelInput::getName).collect(Collectors.toSet());
    outputs = config.getOutputList().stream().map(ModelOutput::getName).collect(Collectors.toSet());
  }

  void require() throws IOException {
    for (int i = 0; i < steps.size(); i++) {
      requireMadeOnce(i);
    }
    for (int i = 0; i < steps.size(); i++) {
      requireKnown(i);
    }
    requireUsed();
    for (int i = 0; i < config.getOutputCount(); i++) {
      if (!makers.containsKey(config.getOutput(i).getName())) {
        throw notWritten(i, "");
      }
    }
    requireNoCircle();
  }

  private void requireMadeOnce(int step) throws IOException {
    for (var tensor : steps.get(step).getOutputMapMap().values()) {
      if (inputs.contains(tensor)) {
        throw refusal(
            step,
            "ensemble tensor '%s' is an input of ensemble '%s', so step %d cannot write it"
                .formatted(tensor, model, step));
      }
      if (makers.putIfAbsent(tensor, step) != null) {
        throw refusal(
            step,
            "ensemble tensor '%s' can appear in an output map only once for ensemble '%s' step %d"
                .formatted(tensor, model, step));
      }
    }
  }

  private void requireKnown(int step) throws IOException {
    for (var tensor : steps.get(step).getInputMapMap().values()) {
      if (!inputs.contains(tensor) && !makers.containsKey(tensor)) {
        throw refusal(
            step,
            "ensemble tensor '%s' is neither an input of ensemble '%s' nor in an output map of its steps"
                .formatted(tensor, model));
      }
    }
  }

  private void requireUsed() throws IOException {
    var taken = new HashSet<String>();
    steps.forEach(step -> taken.addAll(step.getInputMapMap().values()));
    for (int i = 0; i < config.getInputCount(); i++) {
      var input = config.getInput(i).getName();
      if (!taken.contains(input)) {
        throw source.refusal(
            "input[" + i + "]",
            "ensemble input '%s' for ensemble '%s' is not used".formatted(input, model));
      }
    }
    for (var made : makers.entrySet()) {
      if (!taken.contains(made.getKey()) && !outputs.contains(made.getKey())) {
        throw refusal(
            made.getValue(),
            "ensemble tensor '%s' is unused in ensemble '%s'".formatted(made.getKey(), model));
      }
    }
  }

  private void requireNoCircle() throws IOException {
    var there = new HashSet<>(inputs);
    var waiting = new ArrayList<>(steps);
    while (waiting.removeIf(step -> runs(step, there))) {
      // Each round runs at least one step more.
    }
    for (int i = 0; i < config.getOutputCount(); i++) {
      if (!there.contains(config.getOutput(i).getName())) {
        throw notWritten(i, ": its steps wait for each other in a circle");
      }
    }
    if (!waiting.isEmpty()) {
      throw refusal(
          steps.indexOf(waiting.getFirst()),
          "the steps of ensemble '%s' wait for each other in a circle".formatted(model));
    }
  }

  private static boolean runs(Step step, Set<String> there) {
    return there.containsAll(step.getInputMapMap().values())
        && there.addAll(step.getOutputMapMap().values());
  }

  private IOException notWritten(int output, String why) {
    return source.refusal(
        "output[" + output + "]",
        "output '%s' for ensemble '%s' is not written%s"
            .formatted(config.getOutput(output).getName(), model, why));
  }

  private IOException refusal(int step, String reason) {
    return source.refusal("ensemble_scheduling.step[" + step + "]", reason);
  }
}
