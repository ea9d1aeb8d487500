package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.inference.InferenceService;
import io.grpc.ServerCallHandler;
import java.io.InputStream;
import java.time.Duration;

/** Makes the methods of a server that ask for predictions. */
public final class InferCalls {
  private final InferenceService inference;
  private final EventLoops loops;
  private final Duration messageTimeout;

  /**
   * Answers on these loops.
   *
   * @param messageTimeout how long the message of a call may take to arrive
   */
  public InferCalls(InferenceService inference, EventLoops loops, Duration messageTimeout) {
    this.inference = inference;
    this.loops = loops;
    this.messageTimeout = messageTimeout;
  }

  /** A method whose messages are read and written by this codec, as bytes. */
  public <D extends InferCodec.Decoded> ServerCallHandler<InputStream, InputStream> method(
      InferCodec<D> codec) {
    return new InferHandler<>(codec, inference, loops, messageTimeout);
  }
}
