package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.api.edge.ServerTiming;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceReply;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call that asks for a prediction, from its head to its answer. gRPC calls one method at a
 * time, on the loop of the connection, and the answer comes there too.
 */
final class InferCall<D extends InferCodec.Decoded> extends ServerCall.Listener<InputStream>
    implements InferenceReply {
  private static final Logger log = LoggerFactory.getLogger(InferCall.class);
  private static final Metadata.Key<String> TIMING =
      Metadata.Key.of(ServerTiming.HEADER, Metadata.ASCII_STRING_MARSHALLER);

  private final InferHandler<D> method;
  private final ServerCall<InputStream, InputStream> call;
  private final Executor home;
  private final MessageMemory.OfCall memory;
  private final @Nullable Future<?> lateness;

  /** The request, from its arrival until it is answered. */
  private @Nullable D decoded;

  private boolean submitted;
  private boolean closed;

  InferCall(
      InferHandler<D> method,
      ServerCall<InputStream, InputStream> call,
      Executor home,
      MessageMemory.OfCall memory) {
    this.method = method;
    this.call = call;
    this.home = home;
    this.memory = memory;
    lateness = home instanceof EventLoop loop ? timed(loop) : null;
  }

  private Future<?> timed(EventLoop loop) {
    return loop.schedule(this::refuseLate, method.messageTimeout().toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void onMessage(InputStream message) {
    if (closed) {
      return;
    }
    if (decoded != null) {
      refuse(
          Status.INTERNAL.withDescription(
              method.codec().method() + " takes one message, not several."));
      return;
    }
    try {
      var request = method.codec().decode(message);
      decoded = request;
      memory.hold(request.memory().capacity());
    } catch (InferenceException refusal) {
      close(GrpcStatuses.of(refusal.failure()));
    } catch (StatusException refusal) {
      close(refusal.getStatus());
    } catch (StatusRuntimeException unreadable) {
      refuse(UnreadableMessages.status(unreadable));
    } catch (IOException broken) {
      refuse(UnreadableMessages.status(broken));
    } catch (OutOfMemoryError _) {
      refuse(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "There is not enough memory for this message now. Retry later, or send fewer rows."));
    }
  }

  @Override
  public void onHalfClose() {
    stopTimer();
    var request = decoded;
    if (closed) {
      return;
    }
    if (request == null) {
      refuse(Status.INTERNAL.withDescription("The call ended before its message."));
      return;
    }
    submitted = true;
    method.inference().infer(request.request(), this);
  }

  @Override
  public void onCancel() {
    stopTimer();
    if (!submitted && !closed) {
      // The client has left, or the message was too much for gRPC or the memory.
      method.countUnread(memory.end());
      release();
    }
    closed = true;
  }

  @Override
  public Executor home() {
    return home;
  }

  @Override
  public boolean cancelled() {
    return call.isCancelled();
  }

  @Override
  public void answered(InferenceAnswer answer) {
    try (answer) {
      if (!closed) {
        send(answer);
      }
    } catch (InferenceException refusal) {
      close(GrpcStatuses.of(refusal.failure()));
    } catch (RuntimeException | Error failure) {
      // The outermost handler of an answer: whatever broke, the client hears of it and no worker or
      // event loop dies of it.
      log.error("Answer not sent: model={}", answer.model(), failure);
      close(Status.INTERNAL.withDescription("The answer could not be sent."));
    } finally {
      release();
    }
  }

  @Override
  public void failed(InferenceFailure failure) {
    var told = method.codec().inItsWords(failure, Objects.requireNonNull(decoded));
    release();
    var trailers = new Metadata();
    ServerTiming.of(failure).ifPresent(text -> trailers.put(TIMING, text));
    close(GrpcStatuses.of(told), trailers);
  }

  private void send(InferenceAnswer answer) {
    long startNanos = System.nanoTime();
    var message = method.codec().encode(answer, Objects.requireNonNull(decoded));
    var headers = new Metadata();
    headers.put(TIMING, ServerTiming.of(answer, System.nanoTime() - startNanos));
    call.sendHeaders(headers);
    call.sendMessage(message);
    close(Status.OK);
  }

  private void refuseLate() {
    refuse(
        Status.DEADLINE_EXCEEDED.withDescription(
            "The client did not finish sending within %d ms."
                .formatted(method.messageTimeout().toMillis())));
  }

  /** Ends a call whose request was not read. */
  private void refuse(Status status) {
    if (!closed) {
      method.countUnread(status.getCode());
      close(status);
    }
  }

  private void close(Status status) {
    close(status, new Metadata());
  }

  /** Ends the call, once. */
  private void close(Status status, Metadata trailers) {
    if (!closed) {
      closed = true;
      stopTimer();
      if (!submitted) {
        release();
      }
      call.close(status, trailers);
    }
  }

  private void stopTimer() {
    if (lateness != null) {
      lateness.cancel(false);
    }
  }

  private void release() {
    var request = decoded;
    if (request != null) {
      decoded = null;
      request.release();
      memory.letGo();
    }
  }
}
