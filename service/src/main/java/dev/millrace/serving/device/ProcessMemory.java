package dev.millrace.serving.device;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Scanner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native memory of this process, where runtimes keep models that run on the processors. glibc
 * counts what was allocated and not freed (mallinfo2); where there is no glibc, the resident set
 * stands for it, in which the Java heap moves too. Thread-safe.
 */
public final class ProcessMemory {
  private static final Logger log = LoggerFactory.getLogger(ProcessMemory.class);

  /** arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost. */
  private static final MemoryLayout MALLINFO2 =
      MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG);

  private static final long MAPPED = 4L * Long.BYTES;
  private static final long IN_USE = 7L * Long.BYTES;
  private static final Path STATM = Path.of("/proc/self/statm");
  private static final int PAGE_BYTES = 4096;

  private static final Optional<MethodHandle> MALLINFO =
      found("mallinfo2", FunctionDescriptor.of(MemoryLayout.structLayout(MALLINFO2)));
  private static final Optional<MethodHandle> TRIM =
      found("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

  private static final Optional<MethodHandle> OPTION =
      found(
          "mallopt",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  /** M_MMAP_THRESHOLD of malloc.h. */
  private static final int MAPPING_THRESHOLD = -3;

  private static final int LARGE_BYTES = 1 << 20;

  private ProcessMemory() {}

  /**
   * Makes each large block a mapping of its own, which goes back to the system once it is freed.
   * glibc otherwise keeps what was freed once, up to 32 MiB a block, and {@link #trim} has to find
   * it. Does nothing without glibc.
   */
  public static void mapLargeBlocks() {
    OPTION.ifPresent(ProcessMemory::mapLargeBlocks);
  }

  /** Bytes that native code of this process holds now; 0 where that cannot be told. */
  public static long usedBytes() {
    try {
      return MALLINFO.isPresent() ? allocated(MALLINFO.get()) : residentBytes();
    } catch (IOException | NoSuchElementException e) {
      log.debug("Cannot read the memory of this process", e);
      return 0;
    }
  }

  /**
   * Gives memory that was freed back to the system. glibc keeps it otherwise: each thread that
   * opened a model has an arena, and a hole below the last allocation stays resident. Takes
   * milliseconds; does nothing without glibc.
   */
  public static void trim() {
    TRIM.ifPresent(ProcessMemory::trim);
  }

  /** What of this process is in memory, heap and code included. */
  public static long residentBytes() throws IOException {
    try (var fields = new Scanner(STATM, StandardCharsets.US_ASCII)) {
      fields.nextLong();
      return fields.nextLong() * PAGE_BYTES;
    }
  }

  private static long allocated(MethodHandle mallinfo) {
    try (var arena = Arena.ofConfined()) {
      var info = (MemorySegment) mallinfo.invokeExact((SegmentAllocator) arena);
      return info.get(ValueLayout.JAVA_LONG, MAPPED) + info.get(ValueLayout.JAVA_LONG, IN_USE);
    } catch (Throwable e) {
      throw new IllegalStateException("mallinfo2 cannot be called", e);
    }
  }

  private static void mapLargeBlocks(MethodHandle option) {
    try {
      boolean done = (int) option.invokeExact(MAPPING_THRESHOLD, LARGE_BYTES) == 1;
      log.debug("Large blocks are mapped: {}", done);
    } catch (Throwable e) {
      throw new IllegalStateException("mallopt cannot be called", e);
    }
  }

  private static void trim(MethodHandle trim) {
    try {
      int released = (int) trim.invokeExact(0L);
      log.debug("Freed memory was given back to the system: {}", released == 1);
    } catch (Throwable e) {
      throw new IllegalStateException("malloc_trim cannot be called", e);
    }
  }

  // The launch scripts allow native access to all of the class path, as ONNX Runtime needs it.
  @SuppressWarnings("restricted")
  private static Optional<MethodHandle> found(String name, FunctionDescriptor function) {
    var linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(address -> linker.downcallHandle(address, function));
  }
}
