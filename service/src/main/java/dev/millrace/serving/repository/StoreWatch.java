package dev.millrace.serving.repository;

import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.MlflowException;
import dev.millrace.serving.repository.WatchPace.Answer;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a store for the next move of any alias, again and again on a virtual thread of its own, and
 * calls when there was one. A store answers a question when an alias moves, or after a while.
 *
 * <p>Nobody may rely on the calls: a store of MLflow's own does not know the question, and one that
 * is away does not answer it.
 */
final class StoreWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StoreWatch.class);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  private final MlflowClient store;
  private final Duration longest;
  private final NanoClock clock;
  private final Runnable moved;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("store-watch").unstarted(this::run);

  /** Touched by the thread only, as is all that follows. */
  private final WatchPace pace = new WatchPace();

  private @Nullable Long known;
  private Answer last = Answer.MOVED;

  private StoreWatch(MlflowClient store, Duration longest, NanoClock clock, Runnable moved) {
    this.store = store;
    this.longest = longest;
    this.clock = clock;
    this.moved = moved;
  }

  /**
   * Begins to ask, and returns at once.
   *
   * @param longest that one question may take
   * @param moved is called after the first answer too: something may have moved before it
   */
  static StoreWatch start(MlflowClient store, Duration longest, NanoClock clock, Runnable moved) {
    var watch = new StoreWatch(store, longest, clock, moved);
    watch.thread.start();
    return watch;
  }

  private void run() {
    try {
      Duration pause;
      do {
        var beganNanos = clock.nanos();
        last = ask();
        pause = pace.after(last, Duration.ofNanos(clock.nanos() - beganNanos));
      } while (!stopped.await(pause.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Answer ask() {
    try {
      var since = known;
      long revision = since == null ? store.aliasRevision() : store.watchAliases(since, longest);
      if (since != null && since == revision) {
        return Answer.UNMOVED;
      }
      known = revision;
      moved.run();
      return Answer.MOVED;
    } catch (MlflowException e) {
      // Once the store has told, it is a proxy that knows no route while the store restarts.
      return e.isUnknownRoute() && known == null ? unknown() : failed(e);
    } catch (RuntimeException e) {
      // One question that breaks must not be the last one.
      return failed(e);
    }
  }

  private Answer unknown() {
    if (last != Answer.UNKNOWN) {
      log.info("This store does not tell when aliases move; polling alone sees it");
    }
    return Answer.UNKNOWN;
  }

  private Answer failed(RuntimeException reason) {
    if (last != Answer.FAILED && stopped.getCount() > 0) {
      log.info("Cannot watch the aliases of the store; polling goes on: {}", reason.getMessage());
    }
    return Answer.FAILED;
  }

  /** Does not wait for the answer that is due. */
  @Override
  public void close() {
    stopped.countDown();
    thread.interrupt();
    try {
      thread.join(STOP_LIMIT);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
