package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.api.edge.BodyBudget;
import io.grpc.Context;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;

/**
 * Holds the messages of one stream against the memory that bodies may take together: the message
 * that arrives until it is read, the tensors of requests under way, and answers that the client
 * does not take. Guarded by itself: gRPC counts on the loop of the connection, any thread may give
 * back.
 */
public final class StreamMemory extends ServerStreamTracer {
  private static final Context.Key<StreamMemory> CURRENT = Context.key("memory of the stream");

  private final BodyBudget budget;
  private long sentBytes;
  private long uncompressedBytes;
  private long takenBytes;
  private long startedNanos;
  private boolean arriving;
  private boolean over;

  /** Takes from this budget. */
  public StreamMemory(BodyBudget budget) {
    this.budget = budget;
  }

  /** That of the stream which the calling thread handles. */
  public static StreamMemory current() {
    return CURRENT.get();
  }

  @Override
  public Context filterContext(Context context) {
    return context.withValue(CURRENT, this);
  }

  @Override
  public synchronized void inboundMessage(int number) {
    arriving = true;
    startedNanos = System.nanoTime();
  }

  /** Throws RESOURCE_EXHAUSTED, with which gRPC then ends the stream. */
  @Override
  public synchronized void inboundWireSize(long bytes) {
    sentBytes += bytes;
    take();
  }

  /** Throws RESOURCE_EXHAUSTED to whoever reads the message. */
  @Override
  public synchronized void inboundUncompressedSize(long bytes) {
    uncompressedBytes += bytes;
    take();
  }

  @Override
  public synchronized void streamClosed(Status status) {
    over = true;
    giveBackMessage();
  }

  /** The message that arrived last was read. */
  public synchronized void messageRead() {
    arriving = false;
    giveBackMessage();
  }

  /** Whether a message has begun and is not there yet. */
  public synchronized boolean isArriving() {
    return arriving;
  }

  /** Whether a message began before so long and is not there yet. */
  public synchronized boolean isLate(long limitNanos) {
    return arriving && System.nanoTime() - startedNanos > limitNanos;
  }

  /** Takes memory for tensors; false where there is not enough. */
  public boolean hold(int bytes) {
    return budget.take(bytes);
  }

  /** Counts an answer that waits to be sent. */
  public void holdAnswer(int bytes) {
    budget.takeForAnswer(bytes);
  }

  /** Gives back what was held. */
  public void letGo(int bytes) {
    budget.giveBack(bytes);
  }

  /** What a client reads whose tensors found no memory. */
  public String shortage() {
    return budget.shortage("message");
  }

  private void take() {
    long more = Math.max(sentBytes, uncompressedBytes) - takenBytes;
    if (more <= 0 || over) {
      return;
    }
    if (!budget.take(more)) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription(budget.shortage("message"))
          .asRuntimeException();
    }
    takenBytes += more;
  }

  private void giveBackMessage() {
    budget.giveBack(takenBytes);
    takenBytes = 0;
    sentBytes = 0;
    uncompressedBytes = 0;
  }
}
