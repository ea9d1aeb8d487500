package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.generator.Measurement;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One cell in one round: what the callers saw, the server's processor time per answer, that of a
 * direct inference in the same round, and how busy the load's processor was (1: all the time).
 */
record Sampled(Measurement measured, double cpuMicros, double directMicros, double loadBusy) {
  /** Processor time per answer in direct inferences. */
  double multiple() {
    return cpuMicros / directMicros;
  }

  /** How far the slow requests are from the usual one. */
  double spread() {
    return measured.millisAt(99) / measured.millisAt(50);
  }

  /** The middle one of the rounds; of an even number, the mean of the two in the middle. */
  static double median(List<Sampled> rounds, ToDoubleFunction<Sampled> figure) {
    var sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
    var upper = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2;
  }
}
