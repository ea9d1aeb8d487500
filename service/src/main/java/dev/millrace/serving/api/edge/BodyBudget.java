package dev.millrace.serving.api.edge;

import io.netty.util.internal.PlatformDependent;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that the bodies of all requests under way may take together, so that many clients
 * cannot exhaust it where each keeps to the limit of one body. Answers that their clients do not
 * take use up the same memory: they are not refused, but then requests are. Thread-safe.
 */
public final class BodyBudget {
  private final long limitBytes;
  private final AtomicLong taken = new AtomicLong();

  /** A budget of so many bytes. */
  public BodyBudget(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * Half of the direct memory, for tensors and answers need some as well, but enough for one body.
   */
  public static BodyBudget ofThisProcess(RequestLimits limits) {
    return new BodyBudget(Math.max(PlatformDependent.maxDirectMemory() / 2, limits.maxBodyBytes()));
  }

  /** What a client is told for whose request so much is not left; {@code what} it sent. */
  public String shortage(String what) {
    return "There is not enough memory for this %s now: all requests under way may take %d bytes together. Retry later, or send fewer rows per request."
        .formatted(what, limitBytes);
  }

  /** False where so many bytes are not left; {@link #giveBack} follows otherwise. */
  public boolean take(long bytes) {
    if (taken.addAndGet(bytes) <= limitBytes) {
      return true;
    }
    giveBack(bytes);
    return false;
  }

  /** Takes what an answer has already, whether or not it is left; {@link #giveBack} follows. */
  public void takeForAnswer(int bytes) {
    taken.addAndGet(bytes);
  }

  /** Gives back what was taken. */
  public void giveBack(long bytes) {
    taken.addAndGet(-bytes);
  }
}
