package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.tensor.DataType;
import java.nio.ByteBuffer;

/** The elements of the inputs of one message, in one of the forms that the protocol has. */
sealed interface InputData extends AutoCloseable permits RawInputs, TypedInputs, SharedInputs {
  /**
   * Bytes that an input takes in memory, after checking that the message holds exactly the elements
   * of its shape.
   */
  int sizeBytes(int index, DataType type, long elementCount);

  /** Writes an input whose size was asked before, from the position of the target on. */
  void write(int index, DataType type, ByteBuffer target);

  /** Gives back what was held to read them. */
  @Override
  default void close() {}
}
