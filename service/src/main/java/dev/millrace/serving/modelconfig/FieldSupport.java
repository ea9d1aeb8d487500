package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.modelconfig.SetField;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which of Triton's fields mean something here; the others are refused, or do no harm. */
final class FieldSupport {
  private static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry(
              "ModelSequenceBatching.iterative_sequence",
              "iterative sequences are not supported. Send the requests of a sequence one by one."),
          Map.entry(
              "Step.model_namespace",
              "namespaces of models are not supported: every model has its own name here. Remove it."),
          Map.entry(
              "ModelConfig.batch_input",
              "inputs that are made from a whole batch are not supported. Export the model without them."),
          Map.entry(
              "ModelConfig.batch_output",
              "outputs that are taken from a whole batch are not supported. Export the model without them."),
          Map.entry(
              "ModelConfig.cc_model_filenames",
              "a file for each kind of GPU is not supported. Name the one file by default_model_filename."),
          Map.entry(
              "ModelOperations.op_library_filename",
              "libraries of custom operators are code, and never loaded. Export the model with ONNX's own operators."),
          Map.entry(
              "ModelRepositoryAgents.agents",
              "repository agents are not supported. For checked files, put SHA256SUMS beside the model."),
          Map.entry(
              "ModelTransactionPolicy.decoupled",
              "decoupled models are not supported: a request of an ONNX model has one answer. Remove it."),
          Map.entry("ModelInput.is_shape_tensor", onlyTensorRt("shape tensors are")),
          Map.entry("ModelOutput.is_shape_tensor", onlyTensorRt("shape tensors are")),
          Map.entry("ModelInput.is_non_linear_format_io", onlyTensorRt("non-linear formats are")),
          Map.entry("ModelOutput.is_non_linear_format_io", onlyTensorRt("non-linear formats are")),
          Map.entry(
              "ModelInput.optional",
              "optional inputs are not supported: ONNX Runtime wants every input. Remove it, and send the input."),
          Map.entry(
              "ModelInput.allow_ragged_batch",
              "ragged batches are not supported. Remove it; with 'padding' in millrace.yaml, requests of different length share a run."),
          Map.entry("ModelInstanceGroup.secondary_devices", onlyTensorRt("secondary devices are")),
          Map.entry("ModelInstanceGroup.profile", onlyTensorRt("optimization profiles are")),
          Map.entry(
              "ModelInstanceGroup.passive",
              "passive instances are not supported: nothing would ever run on them. Remove the group."));

  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "ModelConfig.optimization",
          "ModelConfig.metric_tags",
          "ModelConfig.model_metrics",
          "StrategyDirect.minimum_slot_utilization",
          "State.use_same_buffer_for_input_output",
          "State.use_growable_memory",
          "ModelInstanceGroup.rate_limiter",
          "ModelInstanceGroup.host_policy");

  private FieldSupport() {}

  private static String onlyTensorRt(String what) {
    return what + " only supported for TensorRT platform, and this is an ONNX model. Remove it.";
  }

  /** Refuses the first field that would have to mean something. */
  static void require(ConfigSource source) throws IOException {
    for (var field : source.fields()) {
      var reason = REFUSED.get(field.name());
      if (reason != null) {
        throw source.refusal(field, reason);
      }
    }
  }

  /** The paths of those that change nothing here. */
  static List<String> withoutEffect(ConfigSource source) {
    return source.fields().stream()
        .filter(field -> WITHOUT_EFFECT.contains(field.name()))
        .map(SetField::path)
        .toList();
  }
}
