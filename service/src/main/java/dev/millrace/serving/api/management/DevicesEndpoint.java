package dev.millrace.serving.api.management;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceHealth;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.device.DeviceState;
import dev.millrace.serving.device.NumaNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** Answers {@code /devices} on the management port: what models can run on, and how it is. */
@Endpoint(id = "devices")
public final class DevicesEndpoint {
  private final DeviceInventory inventory;

  /** Asks this inventory each time. */
  public DevicesEndpoint(DeviceInventory inventory) {
    this.inventory = inventory;
  }

  /** The state of all devices now. */
  @ReadOperation
  public Devices devices() {
    return new Devices(inventory.devices().stream().map(inventory::state).map(Entry::of).toList());
  }

  /** The answer. */
  public record Devices(List<Entry> devices) {}

  /**
   * One device.
   *
   * @param problem why it gets no new instances; absent while it is healthy
   */
  public record Entry(
      String name,
      String kind,
      String product,
      @Nullable String uuid,
      int cores,
      List<NumaNode> numaNodes,
      long memoryTotalBytes,
      long memoryUsedBytes,
      boolean healthy,
      @Nullable String problem) {
    static Entry of(DeviceState state) {
      return new Entry(
          state.device().name(),
          state.device().kind().name().toLowerCase(Locale.ROOT),
          state.product(),
          uuid(state.device()),
          state.device().cores(),
          state.numaNodes(),
          state.memory().totalBytes(),
          state.memory().usedBytes(),
          state.health() instanceof DeviceHealth.Healthy,
          problem(state.health()));
    }

    private static @Nullable String uuid(Device device) {
      return device.uuid().isEmpty() ? null : device.uuid();
    }

    private static @Nullable String problem(DeviceHealth health) {
      return health instanceof DeviceHealth.Failed(var reason) ? reason : null;
    }
  }
}
