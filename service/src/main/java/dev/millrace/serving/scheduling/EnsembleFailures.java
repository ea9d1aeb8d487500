package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.EnsemblePlan.Result;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why an ensemble has no answer. */
final class EnsembleFailures {
  private EnsembleFailures() {}

  /**
   * The failure of a step as the client of the ensemble reads it, of the same kind. Only a model
   * that is not there is not what the client asked for: the ensemble is not ready then.
   */
  static InferenceFailure ofStep(String ensemble, String step, InferenceFailure failure) {
    var message = "in ensemble '" + ensemble + "', step '" + step + "': " + failure.message();
    return switch (failure) {
      case InferenceFailure.NotFound _, InferenceFailure.NotReady _ ->
          new InferenceFailure.NotReady(message);
      case InferenceFailure.Invalid _ -> new InferenceFailure.Invalid(message);
      case InferenceFailure.TooLarge _ -> new InferenceFailure.TooLarge(message);
      case InferenceFailure.Unsupported _ -> new InferenceFailure.Unsupported(message);
      case InferenceFailure.Overloaded(_, var grounds) ->
          new InferenceFailure.Overloaded(message, grounds);
      case InferenceFailure.TimedOut(_, var grounds) ->
          new InferenceFailure.TimedOut(message, grounds);
      case InferenceFailure.Cancelled _ -> new InferenceFailure.Cancelled(message);
      case InferenceFailure.Broken _ -> new InferenceFailure.Broken(message);
    };
  }

  static InferenceFailure broken(String ensemble) {
    return new InferenceFailure.Broken(
        "Ensemble '"
            + ensemble
            + "' failed to handle this request. The server's log has the cause.");
  }

  /** Null where all outputs are what the ensemble declares; a swap of a step may change that. */
  static @Nullable InferenceFailure misfit(
      EnsemblePlan plan, List<Result> wanted, List<Tensor> outputs) {
    for (int i = 0; i < outputs.size(); i++) {
      var declared = wanted.get(i).declared();
      var output = outputs.get(i);
      if (output.type() != declared.type() || !declared.shape().accepts(output.shape())) {
        return new InferenceFailure.Broken(
            "in ensemble '%s', output '%s' came as %s %s, but its configuration says %s %s. Correct config.pbtxt, or the model of the step that makes it."
                .formatted(
                    plan.model(),
                    declared.name(),
                    output.type(),
                    output.shape(),
                    declared.type(),
                    declared.shape()));
      }
    }
    return null;
  }

  /** With the words of the metric: what a step could not compute counts as the runtime's. */
  static FailureReason reason(InferenceFailure failure) {
    return failure instanceof InferenceFailure.Broken
        ? FailureReason.BACKEND
        : FailureReason.of(failure);
  }
}
