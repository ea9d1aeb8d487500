package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceRequest;
import io.grpc.StatusException;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;

/**
 * How one method of a protocol reads the message that asks for a prediction and writes the answer.
 * Called on event loops; must not block.
 *
 * @param <D> what a message becomes
 */
public interface InferCodec<D extends InferCodec.Decoded> {
  /** A decoded message. */
  interface Decoded {
    /** What the engine is asked. */
    InferenceRequest request();

    /** Holds the inputs of the request. */
    ByteBuf memory();

    /** Gives back what the request holds; called once, after the reply. */
    default void release() {
      memory().release();
    }
  }

  /** The name of the method, for people. */
  String method();

  /**
   * Reads a message.
   *
   * @throws dev.millrace.serving.failure.InferenceException where the message contradicts the
   *     protocol or itself; the codec has counted the request
   * @throws StatusException where the protocol has a status of its own for that; likewise
   * @throws io.grpc.StatusRuntimeException where it is not this message at all or too large; the
   *     call counts the request
   */
  D decode(InputStream message) throws IOException, StatusException;

  /** The message of an answer, whose tensors it copies. */
  InputStream encode(InferenceAnswer answer, D request);

  /** The failure of a request in the words of the protocol. */
  default InferenceFailure inItsWords(InferenceFailure failure, D request) {
    return failure;
  }
}
