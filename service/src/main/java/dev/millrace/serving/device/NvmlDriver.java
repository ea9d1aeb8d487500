package dev.millrace.serving.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Asks the driver through NVML. A GPU is looked up by its identity each time, so none goes stale.
 */
final class NvmlDriver implements GpuDriver {
  private static final int NAME_BYTES = 96;
  private static final double MILLI = 1e-3;
  private static final double PERCENT = 1e-2;
  private static final MemoryLayout MEMORY = MemoryLayout.sequenceLayout(3, JAVA_LONG);

  private final NvmlLibrary nvml;
  private final NvmlErrors errors;

  private NvmlDriver(NvmlLibrary nvml) {
    this.nvml = nvml;
    errors = new NvmlErrors(nvml);
  }

  /** Starts the library; empty where there is none, or no driver under it. */
  static Optional<GpuDriver> start(String libraryNameOrPath) {
    return NvmlLibrary.load(libraryNameOrPath)
        .filter(nvml -> nvml.call("nvmlInit_v2") == NvmlLibrary.SUCCESS)
        .map(NvmlDriver::new);
  }

  @Override
  public String name() {
    return "NVML";
  }

  @Override
  public List<Gpu> gpus() {
    try (var arena = Arena.ofConfined()) {
      var count = arena.allocate(JAVA_INT);
      var gpus = new ArrayList<Gpu>();
      if (nvml.call("nvmlDeviceGetCount_v2", count) == NvmlLibrary.SUCCESS) {
        for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
          addWithMigInstances(i, gpus, arena);
        }
      }
      return gpus;
    }
  }

  @Override
  public GpuReading read(Gpu gpu) {
    try (var arena = Arena.ofConfined()) {
      var handle = handle(gpu, arena);
      var memory = arena.allocate(MEMORY);
      require(gpu, nvml.call("nvmlDeviceGetMemoryInfo", handle, memory));
      return new GpuReading(
          new DeviceMemory(memory.getAtIndex(JAVA_LONG, 0), memory.getAtIndex(JAVA_LONG, 2)),
          utilization(handle, arena),
          whole("nvmlDeviceGetPowerUsage", handle, arena) * MILLI,
          whole("nvmlDeviceGetEnforcedPowerLimit", handle, arena) * MILLI,
          energy(handle, arena) * MILLI,
          errors.uncorrected(gpu, handle, arena));
    }
  }

  private void addWithMigInstances(int index, List<Gpu> gpus, Arena arena) {
    var handle = arena.allocate(ADDRESS);
    if (nvml.call("nvmlDeviceGetHandleByIndex_v2", index, handle) != NvmlLibrary.SUCCESS) {
      return;
    }
    var device = handle.get(ADDRESS, 0);
    var gpu = new Gpu(index, uuid(device, arena), productName(device, arena), null);
    gpus.add(gpu);
    if (isCut(device, arena)) {
      addMigInstances(gpu, device, gpus, arena);
    }
  }

  private boolean isCut(MemorySegment device, Arena arena) {
    var current = arena.allocate(JAVA_INT);
    var pending = arena.allocate(JAVA_INT);
    return nvml.call("nvmlDeviceGetMigMode", device, current, pending) == NvmlLibrary.SUCCESS
        && current.get(JAVA_INT, 0) == 1;
  }

  /** The slots may have gaps. */
  private void addMigInstances(Gpu gpu, MemorySegment device, List<Gpu> gpus, Arena arena) {
    double slots = whole("nvmlDeviceGetMaxMigDeviceCount", device, arena);
    for (int i = 0; i < slots; i++) {
      var handle = arena.allocate(ADDRESS);
      if (nvml.call("nvmlDeviceGetMigDeviceHandleByIndex", device, i, handle)
          == NvmlLibrary.SUCCESS) {
        var instance = handle.get(ADDRESS, 0);
        gpus.add(
            new Gpu(gpu.index(), uuid(instance, arena), productName(instance, arena), gpu.uuid()));
      }
    }
  }

  private MemorySegment handle(Gpu gpu, Arena arena) {
    var handle = arena.allocate(ADDRESS);
    require(gpu, nvml.call("nvmlDeviceGetHandleByUUID", arena.allocateFrom(gpu.uuid()), handle));
    return handle.get(ADDRESS, 0);
  }

  private static void require(Gpu gpu, int code) {
    if (code != NvmlLibrary.SUCCESS) {
      throw NvmlLibrary.lost(gpu, code);
    }
  }

  private double utilization(MemorySegment device, Arena arena) {
    var rates = arena.allocate(MemoryLayout.sequenceLayout(2, JAVA_INT));
    return nvml.call("nvmlDeviceGetUtilizationRates", device, rates) == NvmlLibrary.SUCCESS
        ? rates.get(JAVA_INT, 0) * PERCENT
        : Double.NaN;
  }

  private double energy(MemorySegment device, Arena arena) {
    var millijoules = arena.allocate(JAVA_LONG);
    return nvml.call("nvmlDeviceGetTotalEnergyConsumption", device, millijoules)
            == NvmlLibrary.SUCCESS
        ? millijoules.get(JAVA_LONG, 0)
        : Double.NaN;
  }

  private double whole(String function, MemorySegment device, Arena arena) {
    var value = arena.allocate(JAVA_INT);
    return nvml.call(function, device, value) == NvmlLibrary.SUCCESS
        ? Integer.toUnsignedLong(value.get(JAVA_INT, 0))
        : Double.NaN;
  }

  private String uuid(MemorySegment device, Arena arena) {
    return text("nvmlDeviceGetUUID", device, arena);
  }

  private String productName(MemorySegment device, Arena arena) {
    return text("nvmlDeviceGetName", device, arena);
  }

  private String text(String function, MemorySegment device, Arena arena) {
    var text = arena.allocate(NAME_BYTES);
    return nvml.call(function, device, text, NAME_BYTES) == NvmlLibrary.SUCCESS
        ? text.getString(0)
        : "";
  }
}
