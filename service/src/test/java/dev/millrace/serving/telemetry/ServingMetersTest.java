package dev.millrace.serving.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.telemetry.InferenceStatistics.Batches;
import dev.millrace.serving.telemetry.InferenceStatistics.Total;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServingMetersTest {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final ServingMeters meters = new ServingMeters(registry, NanoClock.SYSTEM);

  @Test
  void appearInPrometheusUnderTritonsNamesExactly() {
    var digits = meters.open("digits", "3");
    digits.queued();
    digits.ran();
    digits.answered(new RequestDurations(900_000, 400_000, 50_000, 300_000, 20_000), 5);
    digits.failed(FailureReason.REJECTED);
    assertThat(registry.scrape().lines())
        .contains(
            "nv_inference_request_success{model=\"digits\",version=\"3\"} 1.0",
            "nv_inference_request_failure{model=\"digits\",reason=\"REJECTED\",version=\"3\"} 1.0",
            "nv_inference_request_failure{model=\"digits\",reason=\"CANCELED\",version=\"3\"} 0.0",
            "nv_inference_request_failure{model=\"digits\",reason=\"BACKEND\",version=\"3\"} 0.0",
            "nv_inference_request_failure{model=\"digits\",reason=\"OTHER\",version=\"3\"} 0.0",
            "nv_inference_count{model=\"digits\",version=\"3\"} 5.0",
            "nv_inference_exec_count{model=\"digits\",version=\"3\"} 1.0",
            "nv_inference_request_duration_us{model=\"digits\",version=\"3\"} 900.0",
            "nv_inference_queue_duration_us{model=\"digits\",version=\"3\"} 400.0",
            "nv_inference_compute_input_duration_us{model=\"digits\",version=\"3\"} 50.0",
            "nv_inference_compute_infer_duration_us{model=\"digits\",version=\"3\"} 300.0",
            "nv_inference_compute_output_duration_us{model=\"digits\",version=\"3\"} 20.0",
            "nv_inference_pending_request_count{model=\"digits\",version=\"3\"} 1.0",
            "nv_inference_request_duration_histogram_us_bucket{model=\"digits\",version=\"3\",le=\"500.0\"} 0",
            "nv_inference_request_duration_histogram_us_bucket{model=\"digits\",version=\"3\",le=\"1000.0\"} 1",
            "nv_inference_request_duration_histogram_us_count{model=\"digits\",version=\"3\"} 1",
            "nv_inference_request_duration_histogram_us_sum{model=\"digits\",version=\"3\"} 900.0");
  }

  @Test
  void tellTheStatisticsThatTritonsClientsSubtract() {
    var digits = meters.open("digits", "3");
    assertThat(digits.statistics()).isEqualTo(InferenceStatistics.NONE);
    long beforeMillis = System.currentTimeMillis();
    digits.ran();
    digits.ran(5, 50_000, 300_000, 20_000);
    digits.answered(new RequestDurations(900_000, 400_000, 50_000, 300_000, 20_000), 3);
    digits.answered(new RequestDurations(800_000, 300_000, 50_000, 300_000, 20_000), 2);
    digits.cacheHit(7_000);
    digits.cacheMissed(2_000);
    digits.cacheFilled(1_000);
    digits.failed(FailureReason.OTHER);
    digits.failed(FailureReason.BACKEND, NanoClock.SYSTEM.nanos() - 1_000_000);
    var statistics = digits.statistics();
    assertThat(statistics.lastInferenceMillis()).isGreaterThanOrEqualTo(beforeMillis);
    assertThat(statistics.inferenceCount()).isEqualTo(5);
    assertThat(statistics.executionCount()).isEqualTo(1);
    assertThat(statistics.success()).isEqualTo(new Total(3, 1_707_000));
    assertThat(statistics.queue()).isEqualTo(new Total(3, 700_000));
    assertThat(statistics.computeInput()).isEqualTo(new Total(2, 100_000));
    assertThat(statistics.computeInfer()).isEqualTo(new Total(2, 600_000));
    assertThat(statistics.computeOutput()).isEqualTo(new Total(2, 40_000));
    assertThat(statistics.cacheHit()).isEqualTo(new Total(1, 7_000));
    assertThat(statistics.cacheMiss()).isEqualTo(new Total(1, 3_000));
    assertThat(statistics.fail().count()).isEqualTo(2);
    assertThat(statistics.fail().nanos()).isBetween(1_000_000L, 10_000_000_000L);
    assertThat(statistics.batches())
        .containsExactly(
            new Batches(5, new Total(1, 50_000), new Total(1, 300_000), new Total(1, 20_000)));
  }

  @Test
  void haveNoOtherNames() {
    meters.open("digits", "3");
    var placement = new PlacementMeters(registry);
    placement.fellBack("digits");
    placement.replaced("digits");
    placement.lost("digits");
    placement.watch("cpu", () -> 1);
    placement.watchLost(() -> 1);
    var devices = new DeviceMeters(registry);
    devices.processors(() -> new DeviceMeters.Figures(1, 1, 1, 1, 1, 1));
    devices.gpu("GPU-1", () -> new DeviceMeters.Figures(1, 1, 1, 1, 1, 1));
    var known = List.of(ServingMeter.values()).stream().map(ServingMeter::meterName).toList();
    assertThat(registry.scrape().lines().filter(line -> line.startsWith("# TYPE")))
        .map(line -> line.replaceAll("^# TYPE (\\S+) .*$", "$1"))
        .map(name -> name.replaceAll("_us_max$", "_us"))
        .hasSizeGreaterThanOrEqualTo(known.size())
        .allMatch(known::contains);
  }

  @Test
  void areSharedByTwoCopiesOfAVersionAndLeaveWithTheLast() {
    var first = meters.open("digits", "3");
    var second = meters.open("digits", "3");
    first.failed(FailureReason.OTHER);
    assertThat(second.snapshot().failure()).isEqualTo(1);
    first.close();
    assertThat(registry.scrape()).contains("nv_inference_count{model=\"digits\",version=\"3\"}");
    second.close();
    assertThat(registry.scrape()).doesNotContain("digits");
  }

  @Test
  void countFromZeroWhenAVersionComesBack() {
    var before = meters.open("digits", "3");
    before.failed(FailureReason.OTHER);
    before.close();
    assertThat(meters.open("digits", "3").snapshot().failure()).isZero();
    assertThat(registry.scrape())
        .contains(
            "nv_inference_request_failure{model=\"digits\",reason=\"OTHER\",version=\"3\"} 0.0");
  }

  @Test
  void tellTheConsoleWhatHappened() {
    var digits = meters.open("digits", "3");
    for (int i = 0; i < 98; i++) {
      digits.answered(new RequestDurations(1_000_000, 0, 0, 0, 0), 1);
    }
    digits.answered(new RequestDurations(50_000_000, 0, 0, 0, 0), 1);
    digits.answered(new RequestDurations(50_000_000, 0, 0, 0, 0), 1);
    var snapshot = digits.snapshot();
    assertThat(snapshot.success()).isEqualTo(100);
    assertThat(snapshot.count()).isEqualTo(100);
    assertThat(snapshot.totalMicros()).isEqualTo(198_000);
    assertThat(snapshot.p50Micros()).isBetween(1_000L, 1_125L);
    assertThat(snapshot.p99Micros()).isBetween(50_000L, 56_250L);
  }
}
