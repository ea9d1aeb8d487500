package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.serving.fixture.FixtureModels;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the lines of {@code millrace.yaml} change for those who ask the model. */
@Timeout(60)
class ModelSettingsIT {
  private static final int CALLERS = 40;

  @TempDir Path temporary;

  @ParameterizedTest
  @CsvSource({"max-batch-rows: 64, 1", "max-batch-rows: 2, 2", "max-batch-rows: 0, 4"})
  void rowsOfARun(String setting, int runs) throws Exception {
    try (var service = GatedService.serving(temporary, setting)) {
      double before = service.runs("m");
      var first = service.sendHeld(1);
      var four = IntStream.rangeClosed(2, 5).mapToObj(value -> service.send("m", value)).toList();
      service.awaitWaiting("m", 4);
      service.gate().release(1);
      assertThat(GatedService.value(first.get())).isEqualTo(1);
      for (int i = 0; i < 4; i++) {
        assertThat(GatedService.value(four.get(i).get())).isEqualTo(i + 2);
        assertThat(GatedService.reason(four.get(i).get())).isEqualTo("busy");
      }
      assertThat(service.runs("m")).isEqualTo(before + 1 + runs);
    }
  }

  @Test
  void latencyGoalRefusesWhatWouldMissIt() throws Exception {
    var models =
        new GatedService.Models(temporary)
            .add("m", Duration.ofMillis(5), "latency-goal: 20ms", "max-batch-rows: 4");
    try (var service = models.serve()) {
      var first = service.sendHeld(1);
      var more = IntStream.range(0, CALLERS).mapToObj(_ -> service.send("m", 2)).toList();
      // Those that cannot be in time are told while the others still wait.
      var refused = refusedOnes(service, more);
      service.gate().release(1);
      assertThat(first.get().statusCode()).isEqualTo(200);
      assertThat(refused)
          .isNotEmpty()
          .allSatisfy(answer -> assertThat(text(answer)).contains("its latency goal leaves"));
      for (var one : more) {
        assertThat(one.get().statusCode()).isIn(200, 503);
      }
      assertThat(more).anyMatch(one -> one.join().statusCode() == 200);
    }
  }

  private static List<HttpResponse<byte[]>> refusedOnes(
      GatedService service, List<CompletableFuture<HttpResponse<byte[]>>> answers)
      throws Exception {
    await()
        .until(
            () ->
                service.failures("m", "REJECTED")
                        + service.metric("nv_inference_pending_request_count", "m")
                    == CALLERS);
    var refused = new ArrayList<HttpResponse<byte[]>>();
    double count = service.failures("m", "REJECTED");
    await().until(() -> answers.stream().filter(CompletableFuture::isDone).count() == count);
    for (var answer : answers) {
      if (answer.isDone()) {
        refused.add(answer.get());
      }
    }
    return refused;
  }

  @Test
  void orderHoldsBackWhatASecondInstanceHasEarlier() throws Exception {
    try (var service =
        GatedService.serving(temporary, "preserve-ordering: true", "instances: [{count: 2}]")) {
      assertThat(instances(service)).isEqualTo(2);
      double before = service.runs("m");
      var first = service.sendHeld(1);
      var second = service.send("m", 2);
      service.awaitRuns("m", before + 1);
      var third = service.send("m", 3);
      service.awaitRuns("m", before + 2);
      assertThat(List.of(first, second, third)).noneMatch(CompletableFuture::isDone);
      service.gate().release(1);
      assertThat(GatedService.value(first.get())).isEqualTo(1);
      assertThat(GatedService.value(second.get())).isEqualTo(2);
      assertThat(GatedService.value(third.get())).isEqualTo(3);
    }
  }

  @Test
  void withoutOrderTheSecondInstanceAnswersAtOnce() throws Exception {
    try (var service = GatedService.serving(temporary, "instances: [{count: 2}]")) {
      var first = service.sendHeld(1);
      assertThat(GatedService.value(service.send("m", 2).get(20, TimeUnit.SECONDS))).isEqualTo(2);
      assertThat(first).isNotDone();
      service.gate().release(1);
      assertThat(GatedService.value(first.get())).isEqualTo(1);
    }
  }

  private static int instances(GatedService service) {
    var metadata = service.service().get(service.service().http("/v2/models/m"));
    return RunningService.json(metadata).path("parameters").path("instances").asInt();
  }

  @Test
  void queuePolicyLimitsTheRowsThatWait() throws Exception {
    try (var service = GatedService.serving(temporary, "queue-policy: {max-queue-rows: 2}")) {
      var first = service.sendHeld(1);
      var waiting = List.of(service.send("m", 2), service.send("m", 3));
      service.awaitWaiting("m", 2);
      var refused = service.send("m", 4).get(20, TimeUnit.SECONDS);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(text(refused)).contains("The queue of model 'm' holds");
      assertThat(service.failures("m", "REJECTED")).isEqualTo(1);
      service.gate().release(1);
      assertThat(first.get().statusCode()).isEqualTo(200);
      assertThat(waiting).allMatch(answer -> answer.join().statusCode() == 200);
    }
  }

  @Test
  void queuePolicyLimitsTheWait() throws Exception {
    try (var service =
        GatedService.serving(
            temporary, "queue-policy: {default-timeout: 100ms, timeout-action: reject}")) {
      double before = service.runs("m");
      var first = service.sendHeld(1);
      var late = service.send("m", 2).get(20, TimeUnit.SECONDS);
      assertThat(late.statusCode()).isEqualTo(504);
      assertThat(text(late)).contains("Request timeout expired after");
      assertThat(service.failures("m", "REJECTED")).isEqualTo(1);
      service.gate().release(1);
      assertThat(first.get().statusCode()).isEqualTo(200);
      assertThat(service.runs("m")).isEqualTo(before + 1);
    }
  }

  @Test
  void queuePolicyMayLetWhatIsLateRunBehindTheOthers() throws Exception {
    try (var service =
        GatedService.serving(
            temporary, "queue-policy: {default-timeout: 1ms, timeout-action: delay}")) {
      var first = service.sendHeld(1);
      var late = service.send("m", 2);
      service.awaitWaiting("m", 1);
      service.gate().release(1);
      assertThat(first.get().statusCode()).isEqualTo(200);
      assertThat(GatedService.value(late.get())).isEqualTo(2);
      assertThat(service.failures("m", "REJECTED")).isZero();
    }
  }

  @Test
  void paddingLetsRowsOfDifferentLengthShareARun() throws Exception {
    var models = temporary.resolve("models");
    FixtureModels.anyLength(FixtureRepository.folder(models, "m"));
    Files.write(
        models.resolve("m/millrace.yaml"),
        List.of(
            "padding: {x: 0}",
            "padded-outputs: [y]",
            "max-queue-delay: 10s",
            "preferred-batch-rows: [2]"));
    try (var service = RunningService.serving(models, temporary.resolve("home"))) {
      double before = service.metric("nv_inference_exec_count", "model=\"m\"");
      var two = service.postLater("/v2/models/m/infer", row(2, "1,2"));
      await().until(() -> service.metric("nv_inference_pending_request_count", "model=\"m\"") == 1);
      var three = service.postLater("/v2/models/m/infer", row(3, "3,4,5"));
      assertThat(output(two.get())).isEqualTo("[1.0,2.0]");
      assertThat(output(three.get())).isEqualTo("[3.0,4.0,5.0]");
      assertThat(service.metric("nv_inference_exec_count", "model=\"m\"")).isEqualTo(before + 1);
      assertThat(GatedService.reason(two.get())).isEqualTo("company");
    }
  }

  private static BodyPublisher row(int length, String values) {
    return BodyPublishers.ofString(
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,%d],\"datatype\":\"FP32\",\"data\":[%s]}]}"
            .formatted(length, values));
  }

  private static String output(HttpResponse<byte[]> answer) {
    return RunningService.json(answer).path("outputs").path(0).path("data").toString();
  }

  /** Of runs that are equally long, one model gets four times as many as the other. */
  @Test
  void weightSharesTheDevice() throws Exception {
    var models =
        new GatedService.Models(temporary)
            .add("heavy", Duration.ofMillis(4), "weight: 4", "max-batch-rows: 0")
            .add("light", Duration.ofMillis(4), "weight: 1", "max-batch-rows: 0");
    try (var service = models.serve();
        var load = new Load(service, "heavy", 8)) {
      double before = service.runs("heavy");
      int waitedForTheirShare = 0;
      for (int i = 0; i < CALLERS; i++) {
        var reason = GatedService.reason(service.send("light", i).get());
        waitedForTheirShare += reason.equals("share") ? 1 : 0;
      }
      assertThat(service.runs("heavy") - before).isGreaterThan(1.5 * CALLERS);
      assertThat(waitedForTheirShare).isPositive();
      assertThat(service.metric("millrace_queue_wait_us", "light", "reason=\"share\""))
          .isPositive();
      assertThat(load.failed()).isZero();
    }
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}
