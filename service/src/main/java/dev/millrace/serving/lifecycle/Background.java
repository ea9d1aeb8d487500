package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.device.ThreadPriority;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs work on a thread that the operating system lets run only where others leave it time. Opening
 * and warming up a model keeps a core busy for seconds, and a request that comes in meanwhile would
 * wait for the end of the loader's time slice, which is longer than most runs. Linux has a priority
 * for each thread, which anybody may lower; elsewhere the thread is an ordinary one.
 *
 * <p>Only for processors: what a GPU's driver starts while a model is opened would yield for ever.
 *
 * <p>A thread inherits the priority of the one that starts it. So each piece of work has a thread
 * of its own that starts no others, and whoever asked for it waits and then goes on at its own
 * priority.
 */
final class Background {
  private static final Logger log = LoggerFactory.getLogger(Background.class);

  /**
   * For loads that nobody waits for, the lowest: about 1.5 percent of a core that others keep busy,
   * and all of one that is idle.
   */
  private static final int LOWEST = ThreadPriority.LOWEST;

  /**
   * For loads that requests wait for: a quarter of a core that one thread keeps busy, so that a
   * load ends in some multiple of its time also where others never rest.
   */
  private static final int LOWER = 5;

  private static final boolean IS_LINUX = System.getProperty("os.name").equals("Linux");

  private Background() {}

  /**
   * Work of copies at these places: in the background where all of them are on processors, and
   * somebody may be served meanwhile.
   */
  static void run(Runnable work, Berths berths, Haste haste) {
    if (isOnProcessors(berths)) {
      run(work, haste);
    } else {
      work.run();
    }
  }

  /** The same for work with a result. */
  static <T> T call(Supplier<T> work, Berths berths, Haste haste) {
    return isOnProcessors(berths) ? call(work, haste) : work.get();
  }

  private static boolean isOnProcessors(Berths berths) {
    return berths.all().stream().allMatch(berth -> berth.device().kind() == DeviceKind.CPU);
  }

  /** The same for work without a result. */
  static void run(Runnable work, Haste haste) {
    call(
        () -> {
          work.run();
          return true;
        },
        haste);
  }

  /**
   * Blocks until the work is done; throws what it throws. An interrupt is passed on to it. While
   * the server starts nobody is served, and the calling thread does it.
   */
  static <T> T call(Supplier<T> work, Haste haste) {
    if (haste == Haste.START) {
      return work.get();
    }
    var result = new CompletableFuture<T>();
    var name = Thread.currentThread().getName() + "-background";
    var thread =
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .start(
                () -> {
                  yieldToOthers(haste == Haste.NONE ? LOWEST : LOWER);
                  complete(result, work);
                });
    await(thread);
    try {
      return result.join();
    } catch (CompletionException e) {
      throw rethrown(e);
    }
  }

  private static <T> void complete(CompletableFuture<T> result, Supplier<T> work) {
    try {
      result.complete(work.get());
    } catch (RuntimeException | Error e) {
      result.completeExceptionally(e);
    }
  }

  /** Native code does not hear an interrupt, so its end is waited for in any case. */
  private static void await(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
        thread.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static RuntimeException rethrown(CompletionException failed) {
    if (failed.getCause() instanceof Error error) {
      throw error;
    }
    return failed.getCause() instanceof RuntimeException cause ? cause : failed;
  }

  /** For good: to raise the priority again takes a privilege. */
  private static void yieldToOthers(int niceness) {
    if (!ThreadPriority.lower(niceness) && IS_LINUX) {
      log.warn("Loads run at the priority of requests: setpriority was refused");
    }
  }
}
