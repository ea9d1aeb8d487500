package dev.millrace.serving.scheduling;

/** The shares of one model in the devices that its instances are on. */
@FunctionalInterface
public interface DeviceShares {
  /** A model that has its devices for itself. */
  DeviceShares UNSHARED = _ -> DeviceShare.UNSHARED;

  /** The model's share of this device; the same one for all its instances there. */
  DeviceShare on(String device);
}
