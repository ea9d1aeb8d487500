package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.ArrayList;

/** Reads the signature out of a session, and refuses what cannot be carried. */
final class SessionSignature {
  private SessionSignature() {}

  static Signature of(OrtSession session) throws OrtException {
    var inputs = new ArrayList<TensorSpec>();
    for (var info : session.getInputInfo().values()) {
      inputs.add(spec("Input", info));
    }
    var outputs = new ArrayList<TensorSpec>();
    for (var info : session.getOutputInfo().values()) {
      outputs.add(spec("Output", info));
    }
    return new Signature(inputs, outputs);
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
