package dev.millrace.serving.device;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * How long a thread runs on once another one wants its core. Since Linux 6.6 also one of the lowest
 * priority has its slice of some milliseconds to the end, which is longer than most runs, and since
 * 6.12 a thread may have a shorter slice, at the price of more switches: {@code sched_runtime} of
 * {@code sched_setattr(2)}, which older systems ignore here.
 */
final class ThreadSlice {
  /** The shortest there is. */
  private static final long SHORTEST_NANOS = 100_000;

  // The fields of struct sched_attr that are not 0.
  private static final int SIZE = 48;
  private static final int NICE_AT = 16;
  private static final int RUNTIME_AT = 24;

  private static final Optional<MethodHandle> SYSTEM_CALL = systemCall();

  private ThreadSlice() {}

  /** Makes it as short as it can be, where the system lets it; the thread's priority is given. */
  static void shorten(int thread, int nice) {
    if (SYSTEM_CALL.isEmpty()) {
      return;
    }
    try (var arena = Arena.ofConfined()) {
      var attributes = arena.allocate(SIZE, Long.BYTES);
      attributes.set(ValueLayout.JAVA_INT, 0, SIZE);
      attributes.set(ValueLayout.JAVA_INT, NICE_AT, nice);
      attributes.set(ValueLayout.JAVA_LONG, RUNTIME_AT, SHORTEST_NANOS);
      var _ = (long) SYSTEM_CALL.get().invokeExact(number(), thread, attributes, 0);
    } catch (Throwable e) {
      throw new IllegalStateException("sched_setattr cannot be called", e);
    }
  }

  /** That of the system call, for which not every C library has a function; 0 where unknown. */
  private static long number() {
    return switch (System.getProperty("os.arch")) {
      case "amd64" -> 314;
      case "aarch64", "riscv64" -> 274;
      default -> 0;
    };
  }

  @SuppressWarnings("restricted") // A function of the C library, with its own signature.
  private static Optional<MethodHandle> systemCall() {
    if (!System.getProperty("os.name").equals("Linux") || number() == 0) {
      return Optional.empty();
    }
    var linker = Linker.nativeLinker();
    var function =
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_INT);
    return linker
        .defaultLookup()
        .find("syscall")
        .map(
            address -> linker.downcallHandle(address, function, Linker.Option.firstVariadicArg(1)));
  }
}
