package dev.millrace.serving.api.edge;

import dev.millrace.serving.telemetry.FailureReason;
import java.util.List;

/**
 * A {@code POST} that is answered on the event loop of its connection, before Spring sees it. Its
 * methods run on event loops and must not block.
 */
public interface FastRoute {
  /**
   * Whether requests with this target, query included, are this route's. Called for each request.
   */
  boolean takes(String uri);

  /**
   * The paths that it takes, as the description of the routes has them: {@code
   * /v2/models/{model}/infer}. A test holds the two against each other, and these against {@link
   * #takes}.
   */
  default List<String> patterns() {
    return List.of();
  }

  /**
   * Answers a request through the exchange, exactly once, now or later. The body is released when
   * this returns: whoever needs it longer retains it.
   */
  void handle(FastRequest request, FastExchange exchange);

  /**
   * Counts a request that was refused, or whose client left, before {@link #handle} could answer
   * it.
   *
   * @param uri its target, empty or anything else where its head could not be read
   */
  void refused(String uri, FailureReason reason);
}
