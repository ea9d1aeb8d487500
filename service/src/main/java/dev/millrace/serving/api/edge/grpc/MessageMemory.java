package dev.millrace.serving.api.edge.grpc;

import dev.millrace.serving.api.edge.BodyBudget;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;

/**
 * Holds the messages of all calls under way against the memory that bodies may take together, HTTP
 * included. Bytes count as they arrive, as they come out of a compressed message, and as tensors.
 */
public final class MessageMemory extends ServerStreamTracer.Factory {
  private static final Context.Key<OfCall> CURRENT = Context.key("memory of the call");

  private final BodyBudget budget;
  private final String stream;

  /**
   * Takes from this budget.
   *
   * @param stream the full name of the method whose calls have many messages, see {@link
   *     StreamMemory}
   */
  public MessageMemory(BodyBudget budget, String stream) {
    this.budget = budget;
    this.stream = stream;
  }

  /** That of the call which the calling thread handles. */
  static OfCall current() {
    return CURRENT.get();
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    return stream.equals(method) ? new StreamMemory(budget) : new OfCall(budget);
  }

  /**
   * What the message of one call takes: the largest of what was sent, what it was uncompressed and
   * what its tensors take. It is given back when the stream is closed and nobody reads the request
   * any more.
   */
  static final class OfCall extends ServerStreamTracer {
    private final BodyBudget budget;

    // All guarded by this: the loop of the connection counts, any thread may let go.
    private int holders = 1;
    private long sentBytes;
    private long uncompressedBytes;
    private long tensorBytes;
    private long takenBytes;
    private Status.Code end = Status.Code.OK;

    OfCall(BodyBudget budget) {
      this.budget = budget;
    }

    @Override
    public Context filterContext(Context context) {
      return context.withValue(CURRENT, this);
    }

    /** Throws RESOURCE_EXHAUSTED, with which gRPC then ends the call. */
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
      end = status.getCode();
      letGo();
    }

    /** How the stream was closed; OK as long as it is not. */
    synchronized Status.Code end() {
      return end;
    }

    /**
     * The tensors are read on after the stream is closed; {@link #letGo()} follows, also where this
     * throws RESOURCE_EXHAUSTED.
     */
    synchronized void hold(int bytes) {
      holders++;
      tensorBytes = bytes;
      take();
    }

    synchronized void letGo() {
      holders--;
      if (holders == 0) {
        budget.giveBack(takenBytes);
        takenBytes = 0;
      }
    }

    private void take() {
      long more = Math.max(Math.max(sentBytes, uncompressedBytes), tensorBytes) - takenBytes;
      if (more <= 0) {
        return;
      }
      if (!budget.take(more)) {
        throw Status.RESOURCE_EXHAUSTED
            .withDescription(budget.shortage("message"))
            .asRuntimeException();
      }
      takenBytes += more;
    }
  }
}
