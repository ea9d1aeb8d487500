package dev.millrace.serving.scheduling;

import dev.millrace.serving.scheduling.ShareLedger.Overlap;
import dev.millrace.serving.time.NanoClock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The devices of this process, each shared by the models on it by their weights. Processors overlap
 * runs and take as many threads as they have cores; a GPU takes one run at a time. Thread-safe.
 */
public final class FairDevices {
  /** Long beside the cost of taking turns, short beside the patience of a caller. */
  private static final long QUANTUM_NANOS = 10_000_000;

  private static final String PROCESSORS = "cpu";

  private final int cores;
  private final NanoClock clock;
  private final Map<String, FairDevice> devices = new ConcurrentHashMap<>();

  /** With so many processors. */
  public FairDevices(int cores, NanoClock clock) {
    this.cores = cores;
    this.clock = clock;
  }

  /**
   * The shares of one more model.
   *
   * @param weight against those of the others
   * @param threads that one of its runs uses on the processors; 0 for all
   */
  public DeviceShares shares(double weight, int threads) {
    int width = threads == 0 ? cores : Math.min(threads, cores);
    var shares = new ConcurrentHashMap<String, DeviceShare>();
    return name ->
        shares.computeIfAbsent(
            name, _ -> device(name).share(weight, name.equals(PROCESSORS) ? width : 1));
  }

  private FairDevice device(String name) {
    return devices.computeIfAbsent(
        name,
        _ ->
            name.equals(PROCESSORS)
                ? new FairDevice(cores, Overlap.PREEMPTIVE, QUANTUM_NANOS, clock)
                : new FairDevice(1, Overlap.EXCLUSIVE, QUANTUM_NANOS, clock));
  }
}
