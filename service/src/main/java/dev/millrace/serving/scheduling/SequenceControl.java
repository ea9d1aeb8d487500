package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An input by which a model is told where in its sequence a request stands.
 *
 * @param spec one element, and one for each row where the model has rows
 * @param no the element for false, direct and little-endian; unused for {@link Kind#ID}
 * @param yes the same for true
 */
public record SequenceControl(TensorSpec spec, Kind kind, ByteBuffer no, ByteBuffer yes) {
  private static final int INT_BYTES = 4;

  /** What the model is told. */
  public enum Kind {
    /** Whether the request is the first of its sequence. */
    START,
    /** Whether it is the last. */
    END,
    /** Whether there is a request at all, which is always so here. */
    READY,
    /** What the client calls the sequence. */
    ID
  }

  /** The element for a request. */
  Tensor tensor(SequenceTag tag) {
    var element =
        switch (kind) {
          case START -> tag.start() ? yes : no;
          case END -> tag.end() ? yes : no;
          case READY -> yes;
          case ID -> id(tag.id());
        };
    return new Tensor(spec.name(), spec.type(), shape(), element);
  }

  private Shape shape() {
    var ones = new long[spec.shape().rank()];
    Arrays.fill(ones, 1);
    return Shape.of(ones);
  }

  private ByteBuffer id(SequenceTag.Id id) {
    return switch (id) {
      case SequenceTag.TextId(var text) when spec.type() == DataType.BYTES -> text(text);
      case SequenceTag.NumberId(long number) when spec.type() != DataType.BYTES -> number(number);
      default ->
          throw refusal(
              "The sequence '%s' cannot be told to the model, whose input '%s' takes %s. Send a %s as sequence_id."
                  .formatted(
                      id,
                      spec.name(),
                      spec.type(),
                      spec.type() == DataType.BYTES ? "text" : "number"));
    };
  }

  private static ByteBuffer text(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocateDirect(INT_BYTES + bytes.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(bytes.length)
        .put(bytes)
        .flip();
  }

  /** Cut off to the bits of the input's type, as Triton does. */
  private ByteBuffer number(long number) {
    var bytes =
        ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number);
    return bytes.flip().limit(spec.type().sizeBytes());
  }

  private static InferenceException refusal(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }
}
