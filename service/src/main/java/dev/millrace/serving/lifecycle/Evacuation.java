package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves models off one device that failed, again and again while one is on it: the others may be
 * full now, and have room later. Attempts become rarer, since each may load a model in vain. Used
 * by one thread.
 */
final class Evacuation {
  /** With the usual interval about five minutes. */
  static final int MOST_PAUSED_LOOKS = 32;

  private static final Logger log = LoggerFactory.getLogger(Evacuation.class);

  private final Device device;
  private final Rollout rollout;

  /** Versions whose stay was told of already. */
  private final Set<String> told = new HashSet<>();

  private int pauseLooks = 1;
  private int looksLeft;

  Evacuation(Device device, Rollout rollout) {
    this.device = device;
    this.rollout = rollout;
  }

  /** The device was looked at, and has not come back. */
  void look() {
    if (looksLeft > 0) {
      looksLeft--;
    } else {
      looksLeft = pauseLooks;
      pauseLooks = Math.min(2 * pauseLooks, MOST_PAUSED_LOOKS);
      leave();
    }
  }

  private void leave() {
    for (var model : rollout.catalog().entries()) {
      model.serving().loaded().stream()
          .filter(version -> version.berths().isOn(device))
          .forEach(version -> leave(model, version));
    }
  }

  private void leave(ServedModel model, LoadedVersion version) {
    try {
      rollout.relocate(model, version);
    } catch (IOException | RuntimeException e) {
      var reason = e.getMessage() == null ? e.toString() : e.getMessage();
      model.notes().failed(version.version(), reason);
      if (told.add(model.name() + " " + version.version())) {
        log.error(
            "Model stays on a failed device until there is another place: model={} device={} reason={}",
            model.name(),
            device.name(),
            reason,
            e.getCause());
      }
    }
  }
}
