package dev.millrace.serving.runtime.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.millrace.serving.runtime.ModelRunException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The table of functions that is ONNX Runtime's C interface ({@code OrtApi} of its public {@code
 * onnxruntime_c_api.h}). Versions only add to it, so a function keeps its place. Each returns a
 * status, which is null when all went well. Thread-safe.
 */
@SuppressWarnings("restricted") // calling a C library is what it is for
final class CInterface {
  /** The first version that has all functions below. */
  private static final int VERSION = 15;

  private static final int FUNCTIONS = 253;
  private static final int GET_ERROR_MESSAGE = 2;
  private static final int RELEASE_STATUS = 93;

  /** Messages are cut off there; they end with a zero before. */
  private static final int MOST_MESSAGE_BYTES = 1 << 16;

  private static final AddressLayout TEXT =
      ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(MOST_MESSAGE_BYTES, JAVA_BYTE));

  private final Linker linker = Linker.nativeLinker();
  private final MemorySegment table;
  private final MethodHandle errorMessage;
  private final MethodHandle releaseStatus;

  /**
   * Needs the native library to be loaded, which the Java interface does for its environment.
   *
   * @throws IllegalStateException where the library has no such table
   */
  CInterface() {
    table = table(linker);
    errorMessage =
        linker.downcallHandle(at(GET_ERROR_MESSAGE), FunctionDescriptor.of(TEXT, ADDRESS));
    releaseStatus = linker.downcallHandle(at(RELEASE_STATUS), FunctionDescriptor.ofVoid(ADDRESS));
  }

  /** The function at this place, which returns a status. */
  MethodHandle function(int place, MemoryLayout... arguments) {
    return linker.downcallHandle(at(place), FunctionDescriptor.of(ADDRESS, arguments));
  }

  /** Throws what a status says, unless it says that all went well; releases it. */
  void check(MemorySegment status) throws Throwable {
    if (status.address() == 0) {
      return;
    }
    try {
      var message = (MemorySegment) errorMessage.invokeExact(status);
      throw new ModelRunException("ONNX Runtime failed: " + message.getString(0), null);
    } finally {
      releaseStatus.invokeExact(status);
    }
  }

  private MemorySegment at(int place) {
    return table.getAtIndex(ADDRESS, place);
  }

  /** The base is a structure of two functions, of which the first finds the table of a version. */
  private static MemorySegment table(Linker linker) {
    var base =
        SymbolLookup.loaderLookup()
            .find("OrtGetApiBase")
            .orElseThrow(() -> new IllegalStateException("ONNX Runtime's library is not loaded."));
    try {
      var pointer =
          (MemorySegment) linker.downcallHandle(base, FunctionDescriptor.of(ADDRESS)).invokeExact();
      var getTable = pointer.reinterpret(ADDRESS.byteSize()).get(ADDRESS, 0);
      var found =
          (MemorySegment)
              linker
                  .downcallHandle(getTable, FunctionDescriptor.of(ADDRESS, JAVA_INT))
                  .invokeExact(VERSION);
      if (found.address() == 0) {
        throw new IllegalStateException(
            "ONNX Runtime's C interface has no version " + VERSION + ".");
      }
      return found.reinterpret(FUNCTIONS * ADDRESS.byteSize(), Arena.global(), null);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("ONNX Runtime's C interface cannot be called.", e);
    }
  }
}
