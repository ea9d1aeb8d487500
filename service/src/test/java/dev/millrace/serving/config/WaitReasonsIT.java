package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a request waited for, as its answer and the metrics say it; {@link ModelSettingsIT} has what
 * weights lead to.
 */
@Timeout(60)
class WaitReasonsIT {
  private static final List<String> ALL = List.of("none", "company", "busy", "share", "load");

  @TempDir Path temporary;

  @Test
  void nothingWhereAWorkerSleeps() throws Exception {
    try (var service = GatedService.serving(temporary)) {
      var answer = service.send("m", 1).get();
      assertThat(GatedService.reason(answer)).isEqualTo("none");
      assertThatOnly("none", service, "m");
    }
  }

  @Test
  void companyWhereABatchGathers() throws Exception {
    try (var service = GatedService.serving(temporary, "max-queue-delay: 50ms")) {
      var answer = service.send("m", 1).get();
      assertThat(GatedService.reason(answer)).isEqualTo("company");
      assertThatOnly("company", service, "m");
      assertThat(waitedMicros(service, "m", "company")).isGreaterThanOrEqualTo(50_000);
    }
  }

  @Test
  void aBusyInstance() throws Exception {
    try (var service = GatedService.serving(temporary)) {
      var first = service.sendHeld(1);
      var second = service.send("m", 2);
      service.awaitWaiting("m", 1);
      assertThat(waitedMicros(service, "m", "busy")).isZero();
      service.gate().release(1);
      assertThat(GatedService.reason(first.get())).isEqualTo("none");
      assertThat(GatedService.reason(second.get())).isEqualTo("busy");
      assertThat(waitedMicros(service, "m", "busy")).isPositive();
    }
  }

  /** The light model is far ahead of the heavy one after its first runs. */
  @Test
  void theShareOfAnotherModel() throws Exception {
    var models =
        new GatedService.Models(temporary)
            .add("heavy", Duration.ofMillis(6), "weight: 20", "max-batch-rows: 0")
            .add("light", Duration.ofMillis(6), "weight: 1", "max-batch-rows: 0");
    try (var service = models.serve();
        var load = new Load(service, "heavy", 8)) {
      var reasons = new ArrayList<String>();
      for (int i = 0; i < 6; i++) {
        reasons.add(ask(service, "light"));
      }
      assertThat(reasons).contains("share");
      assertThat(waitedMicros(service, "light", "share")).isGreaterThan(10_000);
      assertThat(load.failed()).isZero();
    }
  }

  @Test
  void theLoadOfAModelThatWasUnloadedToMakeRoom() throws Exception {
    var models = new GatedService.Models(temporary).add("a", Duration.ZERO).add("b", Duration.ZERO);
    try (var service = models.serve("--serving.engine.placement.max-loaded-models=1")) {
      assertThat(coldLoads(service)).isZero();
      var dormant = dormant(service);
      var answer = service.send(dormant, 3).get();
      assertThat(GatedService.value(answer)).isEqualTo(3);
      assertThat(answer.headers().firstValue("server-timing").orElse("")).startsWith("load;dur=");
      assertThat(GatedService.reason(answer)).isEqualTo("load");
      assertThat(coldLoads(service)).isEqualTo(1);
      assertThat(service.service().metric("millrace_model_cold_load_us_sum")).isPositive();
      assertThat(waitedMicros(service, dormant, "load")).isPositive();
      assertThat(ask(service, dormant)).isEqualTo("none");
      assertThat(coldLoads(service)).isEqualTo(1);
    }
  }

  private static String dormant(GatedService service) {
    return service.service().catalog().versions().stream()
        .filter(status -> status.device().isEmpty())
        .findFirst()
        .orElseThrow()
        .model();
  }

  private static double coldLoads(GatedService service) {
    return service.service().metric("millrace_model_cold_load_us_count");
  }

  private static String ask(GatedService service, String model) throws Exception {
    return GatedService.reason(service.send(model, 5).get());
  }

  private static void assertThatOnly(String expected, GatedService service, String model) {
    for (var reason : ALL) {
      assertThat(waitedMicros(service, model, reason) > 0)
          .as(reason)
          .isEqualTo(reason.equals(expected));
    }
  }

  private static double waitedMicros(GatedService service, String model, String reason) {
    return service.metric("millrace_queue_wait_us", model, "reason=\"" + reason + "\"");
  }
}
