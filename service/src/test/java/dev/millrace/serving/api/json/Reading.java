package dev.millrace.serving.api.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Reads bodies for tests, and fails where memory is not given back. */
public final class Reading {
  /** More than any tensor of a test but those that are too large on purpose. */
  public static final int LIMIT_BYTES = 1 << 16;

  private Reading() {}

  /** Reads a body. */
  @FunctionalInterface
  public interface Reader {
    /** Reads into the memory. */
    List<Tensor> read(ByteBuf body, RequestTensors memory);
  }

  /** An input or output. */
  public static TensorSpec spec(String name, DataType type, long... shape) {
    return new TensorSpec(name, type, Shape.of(shape));
  }

  /** Inputs without outputs. */
  public static Signature inputs(TensorSpec... inputs) {
    return new Signature(List.of(inputs), List.of());
  }

  /** A description of model {@code m}. */
  public static ModelDescription model(Signature signature, String... labels) {
    return new ModelDescription(
        "m", "3", List.of("3"), "onnxruntime_onnx", signature, 8, List.of(labels), null);
  }

  /** Hands the inputs that a body holds to the check. */
  public static void read(String body, Reader reader, Consumer<List<Tensor>> check) {
    read(body.getBytes(StandardCharsets.UTF_8), reader, check);
  }

  /** As {@link #read(String, Reader, Consumer)}. */
  public static void read(byte[] body, Reader reader, Consumer<List<Tensor>> check) {
    var allocator = new UnpooledByteBufAllocator(true);
    try (var memory = new RequestTensors(allocator, LIMIT_BYTES)) {
      check.accept(reader.read(Unpooled.wrappedBuffer(body), memory));
      assertThat(memory.bytes()).isEqualTo(allocator.metric().usedDirectMemory());
    }
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  /** Why a body is refused. */
  public static InferenceFailure refusal(String body, Reader reader) {
    try {
      read(body, reader, _ -> {});
    } catch (InferenceException e) {
      return e.failure();
    }
    throw new AssertionError("Not refused: " + body);
  }

  /** What a client reads of a body that is refused as invalid. */
  public static String invalid(String body, Reader reader) {
    var failure = refusal(body, reader);
    assertThat(failure).isInstanceOf(InferenceFailure.Invalid.class);
    return failure.message();
  }

  /** All bytes of a tensor. */
  public static byte[] bytes(Tensor tensor) {
    var bytes = new byte[tensor.data().remaining()];
    tensor.data().duplicate().get(bytes);
    return bytes;
  }

  /** The elements of an {@code FP32} tensor. */
  public static float[] floats(Tensor tensor) {
    var data = tensor.data();
    var floats = new float[data.remaining() / 4];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = data.getFloat(data.position() + 4 * i);
    }
    return floats;
  }

  /** What is printed of outputs. */
  public static String written(AnswerForm form, Tensor... outputs) {
    var body = Unpooled.buffer();
    var json = new JsonWriter(body);
    form.write(json, List.of(outputs));
    json.flush();
    return body.toString(StandardCharsets.UTF_8);
  }

  /** A tensor with these bytes. */
  public static Tensor tensor(String name, DataType type, Shape shape, ByteBuffer data) {
    return new Tensor(name, type, shape, data);
  }
}
