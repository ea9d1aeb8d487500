package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.generator.Arrivals;
import dev.millrace.loadtest.generator.Generator;
import dev.millrace.loadtest.generator.Measurement;
import dev.millrace.loadtest.generator.Plan;
import dev.millrace.loadtest.process.Processors;
import dev.millrace.loadtest.traffic.Target;
import java.io.IOException;
import java.time.Duration;

/** Puts a closed loop of callers on a server process and reads its processor time around it. */
final class Meter {
  private Meter() {}

  static Sampled sample(
      long serverPid, Target target, int callers, Duration duration, double directMicros)
      throws IOException {
    return sample(serverPid, target, closed(callers, duration), directMicros);
  }

  /** The same with any load. */
  static Sampled sample(long serverPid, Target target, Plan plan, double directMicros)
      throws IOException {
    var self = ProcessHandle.current().pid();
    var serverBefore = Processors.cpuTime(serverPid);
    var loadBefore = Processors.cpuTime(self);
    var start = System.nanoTime();
    var measured = Generator.run(target, plan);
    var wall = System.nanoTime() - start;
    var used = Processors.cpuTime(serverPid).minus(serverBefore);
    var load = Processors.cpuTime(self).minus(loadBefore);
    return new Sampled(
        measured,
        microsPerAnswer(used, measured),
        directMicros,
        load.toNanos() / (double) Math.max(1, wall));
  }

  /** Sends until the code is compiled, an equal time with each number of callers. */
  static void warm(Target target, Iterable<Integer> callers, Duration duration) {
    var parts = 0;
    for (var _ : callers) {
      parts++;
    }
    for (var count : callers) {
      var _ = Generator.run(target, closed(count, duration.dividedBy(parts)));
    }
  }

  static Plan closed(int callers, Duration duration) {
    return new Plan(new Arrivals.Saturating(), callers, Duration.ZERO, duration);
  }

  private static double microsPerAnswer(Duration used, Measurement measured) {
    return used.toNanos() / 1e3 / Math.max(1, measured.answers() + measured.errors());
  }
}
