package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Measures what the copies of one version take: the difference of the used memory around their
 * load. Holds the turns of their devices from the start to the close, so it is used by one thread.
 * What others give back meanwhile is left out; what the models that serve take more meanwhile is
 * not, so a measurement may be too high and never lower than the files.
 */
final class Measurement implements AutoCloseable {
  private final DeviceLedger ledger;
  private final UsedMemory used;

  /** Those whose turns it has, in one order, so that two loads cannot block each other. */
  private final List<Device> devices = new ArrayList<>();

  /** Used memory plus what was released until then, so that releases cancel out. */
  private final Map<Device, Long> before = new HashMap<>();

  Measurement(DeviceLedger ledger, UsedMemory used, List<Device> devices) {
    this.ledger = ledger;
    this.used = used;
    try {
      devices.stream().distinct().sorted(Comparator.comparing(Device::name)).forEach(this::begin);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private void begin(Device device) {
    ledger.turn(device).lock();
    devices.add(device);
    before.put(device, level(device));
  }

  /** Of one more copy on a device; empty while somebody else measures there. */
  static Optional<Measurement> now(DeviceLedger ledger, UsedMemory used, Device device) {
    var turn = ledger.turn(device);
    if (!turn.tryLock()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Measurement(ledger, used, List.of(device)));
    } finally {
      turn.unlock();
    }
  }

  private long level(Device device) {
    return used.bytes(device) + ledger.releasedBytes(device);
  }

  /** Whether it measures this device. */
  boolean covers(Device device) {
    return before.containsKey(device);
  }

  /** What came to be used of a device since the start. */
  long grownBytes(Device device) {
    return level(device) - before.getOrDefault(device, 0L);
  }

  @Override
  public void close() {
    devices.forEach(device -> ledger.turn(device).unlock());
  }
}
