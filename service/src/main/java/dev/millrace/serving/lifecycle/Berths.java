package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.runtime.ExecutableModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The places of one version's copies, until it is unloaded. Guarded by itself. */
final class Berths implements AutoCloseable {
  private final String model;
  private final Consumer<Berths> onClose;
  private final List<Berth> berths;
  private final IdentityHashMap<ExecutableModel, Berth> occupied = new IdentityHashMap<>();
  private boolean closed;

  /**
   * The place of one copy.
   *
   * @param fallback why it is on the processors and not on a GPU; empty when it is where it belongs
   */
  record Berth(DeviceLedger.Holding holding, String fallback) {
    Device device() {
      return holding.device();
    }
  }

  /**
   * Takes over the holdings.
   *
   * @param onClose told once all of them are given back
   */
  Berths(String model, List<Berth> berths, Consumer<Berths> onClose) {
    this.model = model;
    this.onClose = onClose;
    this.berths = new ArrayList<>(berths);
  }

  String model() {
    return model;
  }

  synchronized List<Berth> all() {
    return List.copyOf(berths);
  }

  synchronized void occupy(Berth berth, ExecutableModel instance) {
    occupied.put(instance, berth);
  }

  /** Gives up the place of a copy that was closed. */
  synchronized Optional<Berth> vacate(ExecutableModel instance) {
    var berth = Optional.ofNullable(occupied.remove(instance));
    berth.ifPresent(
        left -> {
          berths.remove(left);
          left.holding().close();
        });
    return berth;
  }

  /** Takes a place for a copy that will replace one; given back at once when all is over. */
  synchronized void add(Berth berth) {
    if (closed) {
      berth.holding().close();
    } else {
      berths.add(berth);
    }
  }

  synchronized void remove(Berth berth) {
    berths.remove(berth);
    berth.holding().close();
  }

  synchronized Map<Device, Long> bytes() {
    var bytes = new HashMap<Device, Long>();
    berths.forEach(berth -> bytes.merge(berth.device(), berth.holding().bytes(), Long::sum));
    return bytes;
  }

  boolean isOn(Device device) {
    return bytes().containsKey(device);
  }

  /** Such as {@code cuda:0, cuda:1}. */
  synchronized String devices() {
    return berths.stream()
        .map(berth -> berth.device().name())
        .distinct()
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /** Why copies are on the processors though they belong on a GPU; empty when none is. */
  synchronized String fallback() {
    return berths.stream()
        .map(Berth::fallback)
        .filter(reason -> !reason.isEmpty())
        .findFirst()
        .map(reason -> "runs on the processors instead of a GPU: " + reason)
        .orElse("");
  }

  synchronized Whereabouts whereabouts() {
    return new Whereabouts(devices(), berths.size(), fallback());
  }

  /** Idempotent. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      berths.forEach(berth -> berth.holding().close());
    }
    onClose.accept(this);
  }
}
