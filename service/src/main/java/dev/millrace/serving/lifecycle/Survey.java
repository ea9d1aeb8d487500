package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceHealth;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.lifecycle.Fleet.Hold;
import dev.millrace.serving.lifecycle.Fleet.Place;
import dev.millrace.serving.lifecycle.Fleet.Resident;
import java.util.List;
import java.util.Optional;

/** Looks at devices and at the models on them: what a placement is decided by. Thread-safe. */
final class Survey {
  /** Of what the heap leaves of a machine's memory, and at least of all of it. */
  private static final double CPU_SHARE = 0.8;

  private static final double LEAST_CPU_SHARE = 0.2;

  private final ModelCatalog catalog;
  private final DeviceInventory inventory;
  private final DeviceLedger ledger;
  private final PlacementLimits limits;

  Survey(
      ModelCatalog catalog,
      DeviceInventory inventory,
      DeviceLedger ledger,
      PlacementLimits limits) {
    this.catalog = catalog;
    this.inventory = inventory;
    this.ledger = ledger;
    this.limits = limits;
  }

  /** Whether versions of the same model, replaced or not, may make room for one more. */
  enum Own {
    MAY_GO,
    STAYS
  }

  /** The state of this moment, for one more copy of a model. */
  Fleet fleet(String wanted, Own own, int models) {
    var residents =
        catalog.entries().stream().flatMap(model -> resident(model, wanted, own).stream()).toList();
    return new Fleet(places(), residents, models, limits.loadedModels());
  }

  private List<Place> places() {
    return inventory.devices().stream().map(this::place).toList();
  }

  /** All loaded versions of a model, which go together. */
  private static Optional<Resident> resident(ServedModel model, String wanted, Own own) {
    boolean stays = own == Own.STAYS && model.name().equals(wanted);
    return model.serving().loaded().stream()
        .map(version -> resident(version, stays))
        .reduce(Resident::and);
  }

  private static Resident resident(LoadedVersion version, boolean stays) {
    Hold hold;
    if (stays || !version.mayBeUnloaded()) {
      hold = Hold.PINNED;
    } else {
      hold = version.leases().held() > 0 ? Hold.LEASED : Hold.IDLE;
    }
    return new Resident(version.model(), version.lastUse(), hold, version.berths().bytes());
  }

  private Place place(Device device) {
    var failure = inventory.health(device) instanceof DeviceHealth.Failed(var why) ? why : "";
    long budget = failure.isEmpty() ? budgetBytes(device) : 0;
    long room = budget - ledger.takenBytes(device);
    if (failure.isEmpty()) {
      // Other processes may use it too; what is expected and not there yet is as good as taken.
      room = Math.min(room, freeBytes(device) - ledger.expectedBytes(device));
    }
    return new Place(device, failure, budget, Math.max(room, 0), ledger.copies(device));
  }

  private long budgetBytes(Device device) {
    if (device.kind() == DeviceKind.GPU) {
      return (long) (inventory.memory(device).totalBytes() * limits.gpuShare());
    }
    if (limits.cpuBytes() > 0) {
      return limits.cpuBytes();
    }
    return besideTheHeap(
        inventory.memory(device).totalBytes(), Runtime.getRuntime().maxMemory(), CPU_SHARE);
  }

  /** What is not in use; the part of the heap that is still to come is as good as used. */
  private long freeBytes(Device device) {
    var memory = inventory.memory(device);
    if (memory.totalBytes() == 0) {
      // Nobody knows, on systems other than Linux.
      return Long.MAX_VALUE;
    }
    if (device.kind() == DeviceKind.GPU || limits.cpuBytes() > 0) {
      return memory.freeBytes();
    }
    var runtime = Runtime.getRuntime();
    return besideTheHeap(memory.freeBytes(), runtime.maxMemory() - runtime.totalMemory(), 1);
  }

  private static long besideTheHeap(long bytes, long heapBytes, double share) {
    return (long) Math.max((bytes - heapBytes) * share, bytes * LEAST_CPU_SHARE);
  }
}
