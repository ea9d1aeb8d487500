package dev.millrace.serving.device;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How busy the processors are that this process may use. */
final class ProcessorLoad {
  private ProcessorLoad() {}

  /** Share of all of them since the last question, 0 to 1; NaN before the JVM knows. */
  static double now() {
    double load = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getCpuLoad();
    return load < 0 ? Double.NaN : load;
  }
}
