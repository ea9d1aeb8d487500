package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The place of a request in a sequence of them, which share a state of the model.
 *
 * @param id of the sequence, among those of its model
 * @param start whether a new sequence begins with it
 * @param end whether it is the last one
 */
public record SequenceTag(Id id, boolean start, boolean end) {
  /**
   * Triton's limit. A sequence is remembered while it is idle, and nothing else bounds its name.
   */
  private static final int MOST_ID_BYTES = 128;

  /**
   * What a client calls a sequence; null for an empty text, which names none.
   *
   * @throws InferenceException with Invalid where it is too long
   */
  public static @Nullable Id named(String text) {
    if (text.length() > MOST_ID_BYTES
        || text.getBytes(StandardCharsets.UTF_8).length > MOST_ID_BYTES) {
      throw new InferenceException(
          new InferenceFailure.Invalid(
              "string correlation ID cannot be greater than %d bytes. Send a shorter sequence_id."
                  .formatted(MOST_ID_BYTES)));
    }
    return text.isEmpty() ? null : new TextId(text);
  }

  /** What a client calls a sequence. A number is never the same as a text. */
  public sealed interface Id {}

  /**
   * A number, unsigned.
   *
   * @param value not 0, which names none
   */
  public record NumberId(long value) implements Id {
    @Override
    public String toString() {
      return Long.toUnsignedString(value);
    }
  }

  /**
   * A text.
   *
   * @param value not empty, which names none
   */
  public record TextId(String value) implements Id {
    @Override
    public String toString() {
      return value;
    }
  }
}
