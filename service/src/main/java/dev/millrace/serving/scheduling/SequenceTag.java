package dev.millrace.serving.scheduling;

/**
 * The place of a request in a sequence of them, which share a state of the model.
 *
 * @param id of the sequence, among those of its model
 * @param start whether a new sequence begins with it
 * @param end whether it is the last one
 */
public record SequenceTag(Id id, boolean start, boolean end) {
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
