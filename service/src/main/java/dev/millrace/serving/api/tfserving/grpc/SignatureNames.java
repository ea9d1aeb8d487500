package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.api.tfserving.grpc.Refused.invalid;

import dev.millrace.protocol.tfs.PredictRequest;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Holds the names of a message against those of the model, in TensorFlow Serving's words. */
final class SignatureNames {
  private SignatureNames() {}

  static void check(PredictRequest message, Signature signature) {
    checkInputs(message.getInputsMap().keySet(), names(signature.inputs()));
    checkOutputs(message.getOutputFilterList(), names(signature.outputs()));
  }

  private static void checkInputs(Set<String> sent, List<String> wanted) {
    if (sent.size() == wanted.size() && sent.containsAll(wanted)) {
      return;
    }
    throw invalid(
        "input size does not match signature: %d!=%d len({%s}) != len({%s}). Sent extra: {%s}. Missing but required: {%s}."
            .formatted(
                sent.size(),
                wanted.size(),
                joined(sent),
                joined(wanted),
                joined(without(sent, wanted)),
                joined(without(wanted, sent))));
  }

  private static void checkOutputs(List<String> filter, List<String> known) {
    var seen = new HashSet<String>();
    for (var output : filter) {
      if (!known.contains(output)) {
        throw invalid(
            "output tensor alias not found in signature: %s Outputs expected to be in the set {%s}."
                .formatted(output, joined(known)));
      }
      if (!seen.add(output)) {
        throw invalid("duplicate output tensor alias: " + output);
      }
    }
  }

  private static List<String> names(List<TensorSpec> specs) {
    return specs.stream().map(TensorSpec::name).toList();
  }

  private static Set<String> without(Collection<String> names, Collection<String> others) {
    var rest = new HashSet<>(names);
    rest.removeAll(others);
    return rest;
  }

  private static String joined(Collection<String> names) {
    return String.join(",", new TreeSet<>(names));
  }
}
