package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.api.edge.grpc.StreamMemory;
import dev.millrace.serving.api.edge.grpc.UnreadableMessages;
import dev.millrace.serving.failure.InferenceException;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One ModelStreamInfer call. Everything happens on the loop of the connection. A request that fails
 * is answered with its failure and the stream goes on; it ends where the next message cannot be
 * told from the last, and only after what came before is answered.
 *
 * <p>Bounds: so many requests are read ahead, the next for each answer that was sent; answers wait
 * here until the client takes them, and while many bytes of them wait nothing is read.
 */
final class StreamCall extends ServerCall.Listener<InputStream> {
  static final int MOST_IN_FLIGHT = 128;

  private final StreamMethod streams;
  private final ServerCall<InputStream, InputStream> call;
  private final Executor home;
  private final StreamMemory memory;
  private final Queue<StreamedInfer> inOrder = new ArrayDeque<>();
  private @Nullable Future<?> watch;

  /** Set once no more is read: how the call ends when all is answered. */
  private @Nullable Status end;

  private long unsentBytes;
  private int readLater;
  private boolean closed;

  StreamCall(
      StreamMethod streams,
      ServerCall<InputStream, InputStream> call,
      Executor home,
      StreamMemory memory) {
    this.streams = streams;
    this.call = call;
    this.home = home;
    this.memory = memory;
  }

  void start() {
    call.sendHeaders(new Metadata());
    call.request(MOST_IN_FLIGHT);
    long limitNanos = streams.messageTimeout().toNanos();
    watch =
        home instanceof EventLoop loop
            ? loop.scheduleWithFixedDelay(
                this::endIfLate, limitNanos, limitNanos, TimeUnit.NANOSECONDS)
            : null;
  }

  Executor home() {
    return home;
  }

  StreamMemory memory() {
    return memory;
  }

  boolean isCancelled() {
    return call.isCancelled();
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void onMessage(InputStream message) {
    try {
      if (!closed && end == null) {
        read(message);
      }
    } finally {
      memory.messageRead();
    }
  }

  private void read(InputStream message) {
    var infer = new StreamedInfer(this);
    try {
      var decoded = streams.method().decode(message, infer::identify);
      inOrder.add(infer);
      submit(decoded, infer);
    } catch (InferenceException refusal) {
      inOrder.add(infer);
      infer.fail(refusal.failure().message());
    } catch (StatusRuntimeException unreadable) {
      refuse(unreadable, infer);
    } catch (IOException broken) {
      endUnread(UnreadableMessages.status(broken));
    } catch (OutOfMemoryError _) {
      endUnread(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "There is not enough memory for this message now. Retry later, or send fewer rows."));
    }
  }

  private void submit(DecodedInfer decoded, StreamedInfer infer) {
    int bytes = decoded.memory().capacity();
    if (memory.hold(bytes)) {
      infer.take(decoded);
      streams.method().inference().infer(decoded.request(), infer);
    } else {
      decoded.release();
      streams.countUnread(Status.Code.RESOURCE_EXHAUSTED);
      infer.fail(memory.shortage());
    }
  }

  /** What is protobuf but beyond a limit is the mistake of one request. */
  private void refuse(StatusRuntimeException unreadable, StreamedInfer infer) {
    var status = UnreadableMessages.status(unreadable);
    if (status.getCode() != Status.Code.INVALID_ARGUMENT || unreadable.getCause() != null) {
      endUnread(status);
      return;
    }
    streams.countUnread(status.getCode());
    inOrder.add(infer);
    infer.fail(String.valueOf(status.getDescription()));
  }

  /** A request has its answer; those before it may not have theirs. */
  void answered(StreamedInfer infer) {
    var answer = infer.answer();
    if (answer != null && !closed) {
      unsentBytes += answer.available();
      memory.holdAnswer(answer.available());
      flush();
    }
  }

  @Override
  public void onReady() {
    flush();
  }

  @Override
  public void onHalfClose() {
    endWith(Status.OK);
  }

  @Override
  public void onCancel() {
    if (!closed && memory.isArriving()) {
      streams.countUnread(Status.Code.CANCELLED);
    }
    stop();
  }

  /** Any thread. */
  void drainSoon() {
    try {
      home.execute(
          () ->
              endWith(
                  Status.UNAVAILABLE.withDescription(
                      "The server is stopping. Send the requests that are not answered elsewhere.")));
    } catch (RejectedExecutionException _) {
      // The loop is gone, and the connection with it.
    }
  }

  private void endIfLate() {
    long limitNanos = streams.messageTimeout().toNanos();
    if (end == null && memory.isLate(limitNanos)) {
      endUnread(
          Status.DEADLINE_EXCEEDED.withDescription(
              "The client did not finish sending a message within %d ms."
                  .formatted(TimeUnit.NANOSECONDS.toMillis(limitNanos))));
    }
  }

  private void endUnread(Status status) {
    streams.countUnread(status.getCode());
    endWith(status);
  }

  private void endWith(Status status) {
    if (end == null) {
      end = status;
      flush();
    }
  }

  private void flush() {
    while (!closed && call.isReady()) {
      var first = inOrder.peek();
      var answer = first == null ? null : first.answer();
      if (answer == null) {
        break;
      }
      inOrder.remove();
      sent(answer);
    }
    if (closed) {
      return;
    }
    if (end == null) {
      readOn();
    } else if (inOrder.isEmpty()) {
      call.close(end, new Metadata());
      stop();
    }
  }

  private void sent(EncodedMessage answer) {
    int bytes = answer.available();
    call.sendMessage(answer);
    unsentBytes -= bytes;
    memory.letGo(bytes);
    readLater++;
  }

  private void readOn() {
    if (readLater > 0 && unsentBytes <= streams.mostUnsentBytes()) {
      int more = readLater;
      readLater = 0;
      call.request(more);
    }
  }

  /** Nothing is sent any more; requests under way give back what they hold as they end. */
  private void stop() {
    if (closed) {
      return;
    }
    closed = true;
    streams.ended(this);
    if (watch != null) {
      watch.cancel(false);
    }
    for (var infer : inOrder) {
      var answer = infer.answer();
      memory.letGo(answer == null ? 0 : answer.available());
    }
    inOrder.clear();
  }
}
