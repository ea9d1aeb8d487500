package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceHealth;
import dev.millrace.serving.device.DeviceInventory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the health of the devices again and again, and moves models off those that fail. */
public final class DeviceWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DeviceWatch.class);

  private final DeviceInventory inventory;
  private final Rollout rollout;

  /** Touched by the watching thread only. */
  private final Map<Device, Evacuation> failed = new HashMap<>();

  private final Thread thread;

  private DeviceWatch(DeviceInventory inventory, Rollout rollout, Duration interval) {
    this.inventory = inventory;
    this.rollout = rollout;
    thread = Thread.ofVirtual().name("device-watch").unstarted(() -> watch(interval));
  }

  /** Looks at once, and then each time that the interval is over. */
  public static DeviceWatch start(DeviceInventory inventory, Rollout rollout, Duration interval) {
    var watch = new DeviceWatch(inventory, rollout, interval);
    watch.thread.start();
    return watch;
  }

  private void watch(Duration interval) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        look();
        Thread.sleep(interval);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** The boundary of the watch: a look that breaks is not the last. */
  private void look() {
    try {
      inventory.devices().forEach(this::look);
    } catch (RuntimeException e) {
      log.error("Looking at the devices broke", e);
    }
  }

  private void look(Device device) {
    switch (inventory.health(device)) {
      case DeviceHealth.Healthy() -> {
        if (failed.remove(device) != null) {
          log.info("Device is healthy again: device={}", device.name());
        }
      }
      case DeviceHealth.Failed(var reason) -> {
        if (!failed.containsKey(device)) {
          log.error("Device has failed: device={} reason={}", device.name(), reason);
        }
        failed.computeIfAbsent(device, lost -> new Evacuation(lost, rollout)).look();
      }
    }
  }

  /** Ends after the look under way. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
