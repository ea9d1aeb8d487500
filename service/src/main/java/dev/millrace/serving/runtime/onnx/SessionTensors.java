package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Turns tensors into those of ONNX Runtime and back. */
final class SessionTensors {
  private SessionTensors() {}

  /** A view on the tensor's own memory where that is direct; a copy of text and heap memory. */
  static OnnxTensor input(OrtEnvironment environment, Tensor tensor) throws OrtException {
    return tensor.type() == DataType.BYTES
        ? NativeTensors.get().strings(tensor.shape().toArray(), tensor.data())
        : view(environment, tensor.type(), tensor.shape(), tensor.data());
  }

  static OnnxTensor view(OrtEnvironment environment, DataType type, Shape shape, ByteBuffer data)
      throws OrtException {
    var unsigned = ElementTypes.ofUnsigned(type);
    if (unsigned.isPresent()) {
      return NativeTensors.get().view(unsigned.get(), shape.toArray(), direct(data));
    }
    var bufferType = ElementTypes.ofBuffer(type).orElseThrow();
    var whole = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    return OnnxTensor.createTensor(environment, whole, shape.toArray(), bufferType);
  }

  /** The results in new direct memory. */
  static List<Tensor> copied(OrtSession.Result result, List<TensorSpec> specs) throws OrtException {
    var tensors = new ArrayList<Tensor>(specs.size());
    for (int i = 0; i < specs.size(); i++) {
      var tensor = (OnnxTensor) result.get(i);
      var data =
          specs.get(i).type() == DataType.BYTES
              ? NativeTensors.get().strings(tensor)
              : copy(tensor);
      var shape = Shape.of(tensor.getInfo().getShape());
      tensors.add(new Tensor(specs.get(i).name(), specs.get(i).type(), shape, data));
    }
    return tensors;
  }

  private static ByteBuffer copy(OnnxTensor tensor) {
    return copy(tensor.getByteBuffer());
  }

  private static ByteBuffer direct(ByteBuffer data) {
    return data.isDirect() ? data.slice() : copy(data.slice());
  }

  private static ByteBuffer copy(ByteBuffer onHeap) {
    var direct = ByteBuffer.allocateDirect(onHeap.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    return direct.put(onHeap).flip();
  }
}
