package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Between tensors of ONNX Runtime's Java interface and the values of its C interface that they
 * stand for: through members that are not public, which the fixed version of the library makes
 * safe.
 */
final class TensorHandles {
  private static final MethodHandle VALUE;
  private static final MethodHandle TENSOR;
  private static final MethodHandle INFO;

  static {
    try {
      var likes = MethodHandles.privateLookupIn(OnnxTensorLike.class, MethodHandles.lookup());
      VALUE = likes.findGetter(OnnxTensorLike.class, "nativeHandle", long.class);
      TENSOR =
          MethodHandles.privateLookupIn(OnnxTensor.class, MethodHandles.lookup())
              .findConstructor(
                  OnnxTensor.class,
                  MethodType.methodType(
                      void.class,
                      long.class,
                      long.class,
                      TensorInfo.class,
                      Buffer.class,
                      boolean.class));
      INFO =
          MethodHandles.privateLookupIn(TensorInfo.class, MethodHandles.lookup())
              .findConstructor(
                  TensorInfo.class,
                  MethodType.methodType(
                      void.class, long[].class, OnnxJavaType.class, OnnxTensorType.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private TensorHandles() {}

  /** The value behind a tensor, which must not be closed meanwhile. */
  static MemorySegment value(OnnxTensor tensor) throws Throwable {
    return MemorySegment.ofAddress((long) VALUE.invoke(tensor));
  }

  /**
   * A tensor that owns the value.
   *
   * @param memory what the value lies on, which lives as long as the tensor; null for its own
   */
  static OnnxTensor tensor(
      MemorySegment value,
      MemorySegment allocator,
      long[] shape,
      OnnxTensorType type,
      @Nullable Buffer memory)
      throws Throwable {
    var info = (TensorInfo) INFO.invoke(shape, OnnxJavaType.mapFromOnnxTensorType(type), type);
    return (OnnxTensor) TENSOR.invoke(value.address(), allocator.address(), info, memory, false);
  }
}
