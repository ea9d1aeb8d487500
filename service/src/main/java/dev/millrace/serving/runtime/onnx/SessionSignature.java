package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Reads the signature out of a session, and refuses what cannot be carried. */
final class SessionSignature {
  private SessionSignature() {}

  static Signature of(OrtSession session) throws OrtException {
    var inputs = new ArrayList<TensorSpec>();
    for (var info : session.getInputInfo().values()) {
      inputs.add(input(info));
    }
    return new Signature(inputs, outputs(session.getOutputInfo().values()));
  }

  private static List<TensorSpec> outputs(Collection<NodeInfo> infos) {
    var outputs = new ArrayList<TensorSpec>();
    for (var info : infos) {
      outputs.add(spec("Output", info));
    }
    return outputs;
  }

  private static TensorSpec input(NodeInfo info) {
    var spec = spec("Input", info);
    if (spec.type() != DataType.BYTES && ElementTypes.ofBuffer(spec.type()).isEmpty()) {
      throw new ModelLoadException(
          "Input '%s' is %s, which ONNX Runtime's Java interface cannot be given. Export the model with an INT32 or INT64 input and a Cast behind it."
              .formatted(spec.name(), spec.type()),
          null);
    }
    return spec;
  }

  private static TensorSpec spec(String role, NodeInfo info) {
    if (!(info.getInfo() instanceof TensorInfo tensor)) {
      throw new ModelLoadException(
          "%s '%s' is not a tensor but a sequence or a map. Export the model so that it has tensors only; with skl2onnx pass options={'zipmap': False}."
              .formatted(role, info.getName()),
          null);
    }
    var type =
        ElementTypes.of(tensor)
            .orElseThrow(
                () ->
                    new ModelLoadException(
                        "%s '%s' has the element type %s, which the Open Inference Protocol cannot carry. Export the model with a Cast to a common type."
                            .formatted(role, info.getName(), tensor.onnxType),
                        null));
    return new TensorSpec(info.getName(), type, Shape.of(tensor.getShape()));
  }
}
