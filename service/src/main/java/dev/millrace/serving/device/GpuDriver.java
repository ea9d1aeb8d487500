package dev.millrace.serving.device;

import java.util.List;

/** Asks NVIDIA's driver, one way or another. Thread-safe; calls take milliseconds. */
interface GpuDriver {
  /** How it is asked, for the log. */
  String name();

  /** The GPUs by index; one that is cut into MIG instances is followed by them. */
  List<Gpu> gpus();

  /**
   * What it says of one of them.
   *
   * @throws GpuLostException when the GPU does not answer any more
   */
  GpuReading read(Gpu gpu);
}
