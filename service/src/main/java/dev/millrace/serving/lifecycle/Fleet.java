package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What placement knows at one moment.
 *
 * @param devices the processors and the GPUs, those that failed included
 * @param residents models that are loaded
 * @param models models that are loaded or being loaded
 * @param mostModels models that may be loaded at a time; 0 for any number
 */
record Fleet(List<Place> devices, List<Resident> residents, int models, int mostModels) {
  Fleet {
    devices = List.copyOf(devices);
    residents = List.copyOf(residents);
  }

  List<Place> ofKind(DeviceKind kind) {
    return devices.stream().filter(place -> place.device().kind() == kind).toList();
  }

  /**
   * One device.
   *
   * @param failure why it cannot be used; empty when it can
   * @param budgetBytes what models may take of it, all together
   * @param roomBytes what one more model may take of it now
   * @param instances copies that are on it, or will soon be
   */
  record Place(Device device, String failure, long budgetBytes, long roomBytes, int instances) {}

  /** Whether a model may be unloaded to make room; later ones make it harder. */
  enum Hold {
    /** Nobody uses it. */
    IDLE,
    /** Requests hold a lease on it; that may be over in a moment. */
    LEASED,
    /** It stays. */
    PINNED
  }

  /**
   * A model that is loaded, with all its versions that are.
   *
   * @param lastUse grows with the time of the last request
   * @param bytes what its copies take, by device
   */
  record Resident(String model, long lastUse, Hold hold, Map<Device, Long> bytes) {
    /** Two versions of one model; as hard to move as the one that is harder. */
    Resident and(Resident other) {
      var both = new HashMap<>(bytes);
      other.bytes.forEach((device, more) -> both.merge(device, more, Long::sum));
      return new Resident(
          model,
          Math.max(lastUse, other.lastUse),
          hold.compareTo(other.hold) >= 0 ? hold : other.hold,
          both);
    }

    long on(Device device) {
      return bytes.getOrDefault(device, 0L);
    }
  }
}
