package dev.millrace.serving.config;

import dev.millrace.serving.device.ThreadPriority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of the JVM that compile. What they do pays off later, while a request that comes in
 * on a core they keep busy waits now, for milliseconds where its run takes microseconds; and what
 * is hot while the server starts is mostly never run again. So they have a lower priority, and the
 * rehearsal leaves them time. Compiler threads that the JVM adds are started by those it has, and
 * inherit it.
 */
final class CompilerThreads {
  private static final Logger log = LoggerFactory.getLogger(CompilerThreads.class);

  /** A third of the weight of others: what is slow must not stay so on a core that is full. */
  private static final int NICE = 5;

  private static final Path THREADS = Path.of("/proc/self/task");

  private CompilerThreads() {}

  /** For good: to raise the priority again takes a privilege. Does nothing but on Linux. */
  static void yieldToRequests() {
    if (!Files.isDirectory(THREADS)) {
      return;
    }
    try (Stream<Path> threads = Files.list(THREADS)) {
      threads.filter(CompilerThreads::compiles).forEach(CompilerThreads::lower);
    } catch (IOException | IllegalStateException e) {
      log.warn("The JVM compiles at the priority of requests", e);
    }
  }

  private static void lower(Path thread) {
    if (!ThreadPriority.lower(Integer.parseInt(thread.getFileName().toString()), NICE)) {
      log.warn("The JVM compiles at the priority of requests: setpriority was refused");
    }
  }

  /** Names are cut off after 15 characters. */
  private static boolean compiles(Path thread) {
    try {
      return Files.readString(thread.resolve("comm")).contains(" CompilerThre");
    } catch (IOException _) {
      // It has ended.
      return false;
    }
  }
}
