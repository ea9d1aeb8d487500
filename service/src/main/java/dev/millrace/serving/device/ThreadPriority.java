package dev.millrace.serving.device;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The priority of single threads. Linux has one for each thread ("nice value"), which anybody may
 * lower and only the privileged may raise again; a new thread inherits it from the one that starts
 * it. Elsewhere all threads are alike.
 */
public final class ThreadPriority {
  /** The lowest: about 1.5 percent of a core that others keep busy, and all of one that is idle. */
  public static final int LOWEST = 19;

  /** In {@code setpriority} a process, which for Linux is a thread; 0 is the calling one. */
  private static final int PRIO_PROCESS = 0;

  private static final Optional<MethodHandle> SET_PRIORITY = setPriority();

  private ThreadPriority() {}

  /** Lowers that of the calling thread; false where the system has none or refuses. */
  public static boolean lower(int nice) {
    return lower(0, nice);
  }

  /**
   * The same for another thread of this process.
   *
   * @param thread its number in the system, a folder of {@code /proc/self/task}
   * @param nice 1 to {@link #LOWEST}
   */
  public static boolean lower(int thread, int nice) {
    if (SET_PRIORITY.isEmpty()) {
      return false;
    }
    try {
      return (int) SET_PRIORITY.get().invokeExact(PRIO_PROCESS, thread, nice) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("setpriority cannot be called", e);
    }
  }

  @SuppressWarnings("restricted") // A function of the C library, with its own signature.
  private static Optional<MethodHandle> setPriority() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty();
    }
    var linker = Linker.nativeLinker();
    var function =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    return linker
        .defaultLookup()
        .find("setpriority")
        .map(address -> linker.downcallHandle(address, function));
  }
}
