package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.time.NanoClock;
import io.grpc.Context;
import java.util.concurrent.TimeUnit;

/** How long the caller of the call that the calling thread handles waits. */
public final class CallDeadline {
  private CallDeadline() {}

  /** On the engine's clock; {@link Long#MAX_VALUE} where the caller waits for ever. */
  public static long nanos(NanoClock clock) {
    var deadline = Context.current().getDeadline();
    return deadline == null
        ? Long.MAX_VALUE
        : clock.nanos() + deadline.timeRemaining(TimeUnit.NANOSECONDS);
  }
}
