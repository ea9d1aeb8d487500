package dev.millrace.serving.runtime.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import dev.millrace.serving.tensor.ByteStrings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Tensors that ONNX Runtime's Java interface cannot make or read: unsigned integers of more than
 * eight bits, and strings, which it carries as modified UTF-8, so that characters beyond the basic
 * plane, NUL and bytes that are not UTF-8 arrive as something else inside the model. Here they are
 * bytes. Thread-safe.
 */
@SuppressWarnings("restricted") // memory whose size the C interface tells
final class NativeTensors {
  // Places in OrtApi.
  private static final int CREATE_TENSOR_AS_ORT_VALUE = 48;
  private static final int CREATE_TENSOR_WITH_DATA_AS_ORT_VALUE = 49;
  private static final int GET_STRING_TENSOR_DATA_LENGTH = 53;
  private static final int GET_STRING_TENSOR_CONTENT = 54;
  private static final int CREATE_CPU_MEMORY_INFO = 69;
  private static final int GET_ALLOCATOR_WITH_DEFAULT_OPTIONS = 78;
  private static final int GET_RESIZED_STRING_TENSOR_ELEMENT_BUFFER = 252;

  private static final int LENGTH_BYTES = 4;

  /** OrtArenaAllocator and OrtMemTypeDefault. */
  private static final int ARENA_ALLOCATOR = 1;

  private static final int DEFAULT_MEMORY = 0;

  private final CInterface functions = new CInterface();
  private final MethodHandle createTensor =
      functions.function(
          CREATE_TENSOR_AS_ORT_VALUE, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
  private final MethodHandle createTensorWithData =
      functions.function(
          CREATE_TENSOR_WITH_DATA_AS_ORT_VALUE,
          ADDRESS,
          ADDRESS,
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          ADDRESS);
  private final MethodHandle getStringTensorDataLength =
      functions.function(GET_STRING_TENSOR_DATA_LENGTH, ADDRESS, ADDRESS);
  private final MethodHandle getStringTensorContent =
      functions.function(
          GET_STRING_TENSOR_CONTENT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  private final MethodHandle createCpuMemoryInfo =
      functions.function(CREATE_CPU_MEMORY_INFO, JAVA_INT, JAVA_INT, ADDRESS);
  private final MethodHandle getAllocatorWithDefaultOptions =
      functions.function(GET_ALLOCATOR_WITH_DEFAULT_OPTIONS, ADDRESS);
  private final MethodHandle getResizedStringTensorElementBuffer =
      functions.function(
          GET_RESIZED_STRING_TENSOR_ELEMENT_BUFFER, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS);

  /** Both live as long as the process. */
  private final MemorySegment cpuMemory;

  private final MemorySegment allocator;

  private NativeTensors() {
    cpuMemory =
        made(
            "the description of the processor's memory",
            out ->
                (MemorySegment)
                    createCpuMemoryInfo.invokeExact(ARENA_ALLOCATOR, DEFAULT_MEMORY, out));
    allocator =
        made(
            "the allocator",
            out -> (MemorySegment) getAllocatorWithDefaultOptions.invokeExact(out));
  }

  /** After ONNX Runtime's environment, which loads the library. */
  static NativeTensors get() {
    return Holder.INSTANCE;
  }

  private static final class Holder {
    static final NativeTensors INSTANCE = new NativeTensors();
  }

  /** A call that leaves a pointer in {@code out} and returns a status. */
  private interface Making {
    MemorySegment call(MemorySegment out) throws Throwable;
  }

  /**
   * A tensor on this memory, which must be direct and is not copied.
   *
   * @throws dev.millrace.serving.runtime.ModelRunException when the runtime refuses it
   */
  OnnxTensor view(OnnxTensorType type, long[] shape, ByteBuffer memory) {
    try (var arena = Arena.ofConfined()) {
      var dimensions = arena.allocateFrom(JAVA_LONG, shape);
      var data = MemorySegment.ofBuffer(memory);
      var value =
          made(
              "a tensor",
              out ->
                  (MemorySegment)
                      createTensorWithData.invokeExact(
                          cpuMemory,
                          data,
                          data.byteSize(),
                          dimensions,
                          (long) shape.length,
                          ElementTypes.code(type),
                          out));
      return owned(value, shape, type, memory);
    }
  }

  /**
   * A tensor with a copy of byte strings.
   *
   * @param strings each after four little-endian bytes with its length
   * @throws dev.millrace.serving.runtime.ModelRunException when the runtime refuses it
   */
  OnnxTensor strings(long[] shape, ByteBuffer strings) {
    var type = OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING;
    try (var arena = Arena.ofConfined()) {
      var dimensions = arena.allocateFrom(JAVA_LONG, shape);
      var value =
          made(
              "a tensor",
              out ->
                  (MemorySegment)
                      createTensor.invokeExact(
                          allocator,
                          dimensions,
                          (long) shape.length,
                          ElementTypes.code(type),
                          out));
      var tensor = owned(value, shape, type, null);
      try {
        fill(value, strings, arena.allocate(ADDRESS));
        return tensor;
      } catch (RuntimeException | Error e) {
        tensor.close();
        throw e;
      }
    }
  }

  private void fill(MemorySegment value, ByteBuffer strings, MemorySegment place) {
    int offset = strings.position();
    for (long i = 0; offset < strings.limit(); i++) {
      var bytes = ByteStrings.element(strings, offset);
      if (bytes.hasRemaining()) {
        var room = room(value, i, bytes.remaining(), place);
        room.copyFrom(MemorySegment.ofBuffer(bytes));
      }
      offset = ByteStrings.skip(strings, offset, 1);
    }
  }

  private MemorySegment room(MemorySegment value, long element, int bytes, MemorySegment place) {
    call(
        "a string",
        () ->
            (MemorySegment)
                getResizedStringTensorElementBuffer.invokeExact(
                    value, element, (long) bytes, place));
    return place.get(ADDRESS, 0).reinterpret(bytes);
  }

  /** The strings of a tensor in new direct memory, each after its length. */
  ByteBuffer strings(OnnxTensor tensor) {
    int count = Math.toIntExact(tensor.getInfo().getNumElements());
    try (var arena = Arena.ofConfined()) {
      var value = value(tensor);
      var total = arena.allocate(JAVA_LONG);
      call("strings", () -> (MemorySegment) getStringTensorDataLength.invokeExact(value, total));
      long bytes = total.get(JAVA_LONG, 0);
      var content = arena.allocate(Math.max(bytes, 1));
      var offsets = arena.allocate(JAVA_LONG, Math.max(count, 1));
      call(
          "strings",
          () ->
              (MemorySegment)
                  getStringTensorContent.invokeExact(value, content, bytes, offsets, (long) count));
      return prefixed(content, bytes, offsets, count);
    }
  }

  private static ByteBuffer prefixed(
      MemorySegment content, long bytes, MemorySegment offsets, int count) {
    int size = Math.toIntExact(Math.addExact(bytes, (long) count * LENGTH_BYTES));
    var data = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    var target = MemorySegment.ofBuffer(data);
    long at = 0;
    for (int i = 0; i < count; i++) {
      long start = offsets.getAtIndex(JAVA_LONG, i);
      long end = i + 1 < count ? offsets.getAtIndex(JAVA_LONG, i + 1) : bytes;
      data.putInt((int) at, (int) (end - start));
      MemorySegment.copy(content, start, target, at + LENGTH_BYTES, end - start);
      at += LENGTH_BYTES + end - start;
    }
    return data;
  }

  private OnnxTensor owned(
      MemorySegment value, long[] shape, OnnxTensorType type, @Nullable ByteBuffer memory) {
    try {
      return TensorHandles.tensor(value, allocator, shape, type, memory);
    } catch (Throwable e) {
      throw broken("a tensor", e);
    }
  }

  private static MemorySegment value(OnnxTensor tensor) {
    try {
      return TensorHandles.value(tensor);
    } catch (Throwable e) {
      throw broken("a tensor", e);
    }
  }

  private MemorySegment made(String what, Making making) {
    try (var arena = Arena.ofConfined()) {
      var out = arena.allocate(ADDRESS);
      call(what, () -> making.call(out));
      return out.get(ADDRESS, 0);
    }
  }

  /** A call that returns a status. */
  private interface Call {
    MemorySegment status() throws Throwable;
  }

  private void call(String what, Call call) {
    try {
      functions.check(call.status());
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw broken(what, e);
    }
  }

  private static IllegalStateException broken(String what, Throwable cause) {
    return new IllegalStateException("Calling ONNX Runtime for " + what + " broke", cause);
  }
}
