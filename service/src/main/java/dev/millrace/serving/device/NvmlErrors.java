package dev.millrace.serving.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts memory errors that could not be corrected, since the driver was loaded. A MIG instance is
 * told only of those in the parts that are its own (caches, registers), by location and not in all;
 * those in the memory chips are told of the GPU that it is part of, and while that is cut, NVML has
 * no count for it since the driver was loaded, only one for its whole life (NVIDIA's {@code nvml.h}
 * at {@code nvmlDeviceGetMemoryErrorCounter}). Then what this count grew by since the first look
 * stands in. Thread-safe.
 */
final class NvmlErrors {
  private static final int UNCORRECTED = 1;
  private static final int SINCE_DRIVER_LOAD = 0;
  private static final int EVER = 1;

  /** L1 cache, L2 cache, registers, CBU, SRAM: all that are not memory chips or textures. */
  private static final int[] OWN_LOCATIONS = {0, 1, 3, 6, 7};

  private static final long UNKNOWN = -1;

  private final NvmlLibrary nvml;

  /** What had been counted in the life of a GPU when it was first looked at. */
  private final Map<String, Long> everAtFirst = new ConcurrentHashMap<>();

  NvmlErrors(NvmlLibrary nvml) {
    this.nvml = nvml;
  }

  /** Those of a GPU, or of a MIG instance and its GPU; cards without error correction have none. */
  long uncorrected(Gpu gpu, MemorySegment handle, Arena arena) {
    long own = Math.max(total(gpu, handle, SINCE_DRIVER_LOAD, arena), 0);
    var parent = gpu.parentUuid();
    return parent == null
        ? own
        : Math.max(own, byLocation(gpu, handle, arena)) + ofParent(gpu, parent, arena);
  }

  /** SRAM is all of the others together on some cards, so the largest count is taken. */
  private long byLocation(Gpu instance, MemorySegment handle, Arena arena) {
    long most = 0;
    for (int location : OWN_LOCATIONS) {
      var count = arena.allocate(JAVA_LONG);
      int code =
          nvml.call(
              "nvmlDeviceGetMemoryErrorCounter",
              handle,
              UNCORRECTED,
              SINCE_DRIVER_LOAD,
              location,
              count);
      most = Math.max(most, counted(instance, code, count));
    }
    return most;
  }

  private long ofParent(Gpu instance, String uuid, Arena arena) {
    var found = arena.allocate(ADDRESS);
    int code = nvml.call("nvmlDeviceGetHandleByUUID", arena.allocateFrom(uuid), found);
    if (code != NvmlLibrary.SUCCESS) {
      throw NvmlLibrary.lost(instance, code);
    }
    var parent = found.get(ADDRESS, 0);
    long sinceLoad = total(instance, parent, SINCE_DRIVER_LOAD, arena);
    return sinceLoad == UNKNOWN ? grown(instance, uuid, parent, arena) : sinceLoad;
  }

  private long grown(Gpu instance, String uuid, MemorySegment parent, Arena arena) {
    long ever = total(instance, parent, EVER, arena);
    return ever == UNKNOWN ? 0 : Math.max(ever - everAtFirst.computeIfAbsent(uuid, _ -> ever), 0);
  }

  private long total(Gpu gpu, MemorySegment handle, int period, Arena arena) {
    var count = arena.allocate(JAVA_LONG);
    int code = nvml.call("nvmlDeviceGetTotalEccErrors", handle, UNCORRECTED, period, count);
    return counted(gpu, code, count);
  }

  private static long counted(Gpu gpu, int code, MemorySegment count) {
    if (code == NvmlLibrary.GPU_IS_LOST) {
      throw NvmlLibrary.lost(gpu, code);
    }
    return code == NvmlLibrary.SUCCESS ? count.get(JAVA_LONG, 0) : UNKNOWN;
  }
}
