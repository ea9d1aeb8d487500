package dev.millrace.serving.api.json;

import dev.millrace.serving.api.edge.FastRequest;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelDescription;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Optional;

/** How one protocol writes its requests and answers. On event loops: nothing may block. */
public interface Dialect {
  /** How long a request has from its arrival where the protocol knows no limit. */
  long UNLIMITED = 0;

  /** Whether requests with this target, query included, are in this dialect. */
  boolean takes(String uri);

  /** The paths that are taken, as {@link dev.millrace.serving.api.edge.FastRoute#patterns}. */
  List<String> patterns();

  /**
   * The model that a request is for.
   *
   * @param headers empty where a request was refused before they could be read
   * @throws InferenceException where the request does not tell
   */
  ModelTarget target(String uri, HttpHeaders headers);

  /** The answer to a request whose body is not even looked at. */
  default Optional<FullHttpResponse> refusal(HttpHeaders headers) {
    return Optional.empty();
  }

  /**
   * Reads the body into tensors that lie in {@code memory}.
   *
   * @param body decompressed; the caller's, so nothing may refer to it later
   * @throws InferenceException where it cannot be read
   */
  Question read(FastRequest request, ByteBuf body, ModelDescription model, RequestTensors memory);

  /** From the arrival of a request until it is given up; {@link #UNLIMITED} for never. */
  default long timeoutNanos() {
    return UNLIMITED;
  }

  /** The answer to a request that failed. */
  FullHttpResponse error(InferenceFailure failure);

  /** Adds the headers that an answer takes over from its request. */
  default void echo(HttpHeaders request, FullHttpResponse response) {}
}
