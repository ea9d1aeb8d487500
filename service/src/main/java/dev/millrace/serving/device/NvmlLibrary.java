package dev.millrace.serving.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The functions of NVIDIA's management library, called by name. Each returns a code; 0 is success.
 * Names, signatures and codes are those of NVIDIA's public {@code nvml.h}. Thread-safe, as the
 * library is.
 */
@SuppressWarnings("restricted") // calling a C library is what it is for
final class NvmlLibrary {
  static final int SUCCESS = 0;
  static final int FUNCTION_NOT_FOUND = 13;
  static final int GPU_IS_LOST = 15;

  private final Linker linker = Linker.nativeLinker();
  private final SymbolLookup symbols;
  private final Map<String, Optional<MethodHandle>> functions = new ConcurrentHashMap<>();

  private NvmlLibrary(SymbolLookup symbols) {
    this.symbols = symbols;
  }

  /** Loads the library for the life of the process; empty where there is none. */
  static Optional<NvmlLibrary> load(String nameOrPath) {
    try {
      return Optional.of(new NvmlLibrary(SymbolLookup.libraryLookup(nameOrPath, Arena.global())));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** Calls a function whose arguments are each an {@code int} or a pointer; returns its code. */
  int call(String function, Object... arguments) {
    var found = functions.computeIfAbsent(function, name -> find(name, arguments));
    if (found.isEmpty()) {
      return FUNCTION_NOT_FOUND;
    }
    try {
      return (int) found.get().invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException("Calling " + function + " of NVML broke", e);
    }
  }

  /** What it means that a function did not succeed with a GPU that was listed. */
  static GpuLostException lost(Gpu gpu, int code) {
    return new GpuLostException(
        code == GPU_IS_LOST
            ? "GPU %s is lost: it fell off the bus, or is not powered".formatted(gpu.uuid())
            : "GPU %s does not answer: NVML says %d".formatted(gpu.uuid(), code));
  }

  /** An older library lacks newer functions. */
  private Optional<MethodHandle> find(String name, Object... arguments) {
    var layouts = new MemoryLayout[arguments.length];
    for (int i = 0; i < layouts.length; i++) {
      layouts[i] = arguments[i] instanceof MemorySegment ? ADDRESS : JAVA_INT;
    }
    return symbols
        .find(name)
        .map(symbol -> linker.downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, layouts)));
  }
}
