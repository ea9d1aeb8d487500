package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles follow the models of their steps as these come, change and go. */
@Timeout(120)
class EnsemblePollIT {
  private static final int CALLERS = 8;

  @TempDir Path temporary;

  private TritonModels models;
  private RunningService service;

  @BeforeEach
  void start() throws Exception {
    models = new TritonModels(temporary.resolve("models"));
    EnsembleModels.doubling(models, "step", 1);
    EnsembleModels.ensemble(
        models,
        "chain",
        EnsembleModels.numbers(
            EnsembleModels.step("step", "IN", "t") + EnsembleModels.step("step", "t", "OUT")));
    service =
        RunningService.serving(
            models.root(),
            temporary.resolve("home"),
            "--serving.directory.control=poll",
            "--serving.poll-interval=50ms");
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "ensemble_scheduling: a swap of a step's model under load, without a failed request")
  void seesTheSwapOfAStepWithTheNextRequestAndLosesNone() throws Exception {
    await(() -> answer().equals("[12]"));
    var done = new AtomicBoolean();
    var seen = new ConcurrentLinkedQueue<String>();
    var callers =
        IntStream.range(0, CALLERS)
            .mapToObj(
                _ -> CompletableFuture.runAsync(() -> call(done, seen), Thread::startVirtualThread))
            .toArray(CompletableFuture[]::new);
    await(() -> seen.size() > 50);
    EnsembleModels.nothing(models, "step", 2);
    await(() -> answer().equals("[0]"));
    int after = seen.size();
    await(() -> seen.size() > after + 50);
    done.set(true);
    CompletableFuture.allOf(callers).join();
    assertThat(seen)
        .contains("[12]", "[0]")
        .allMatch(text -> text.equals("[12]") || text.equals("[0]"));
  }

  private void call(AtomicBoolean done, ConcurrentLinkedQueue<String> seen) {
    while (!done.get()) {
      seen.add(answer());
    }
  }

  @Test
  void goesOutOfServiceWithAStepAndComesBackWithIt() throws Exception {
    await(() -> answer().equals("[12]"));
    Files.move(models.root().resolve("step"), temporary.resolve("away"));
    await(() -> ask().statusCode() == 503);
    await(() -> index().contains("ensemble 'chain' depends on 'step' which has no loaded version"));
    Files.move(temporary.resolve("away"), models.root().resolve("step"));
    await(() -> answer().equals("[12]"));
  }

  @Test
  void isLoadedOnceItsStepIs() throws Exception {
    EnsembleModels.ensemble(
        models, "early", EnsembleModels.numbers(EnsembleModels.step("late", "IN", "OUT")));
    await(() -> index().contains("ensemble 'early' depends on 'late' which has no loaded version"));
    EnsembleModels.doubling(models, "late", 1);
    await(() -> service.get(service.http("/v2/models/early/ready")).statusCode() == 200);
  }

  private HttpResponse<byte[]> ask() {
    return service.post("/v2/models/chain/infer", BodyPublishers.ofString(EnsembleIT.numbers(3)));
  }

  /** The numbers, or what went wrong. */
  private String answer() {
    var answer = ask();
    return answer.statusCode() == 200
        ? RunningService.json(answer).at("/outputs/0/data").toString()
        : new String(answer.body(), StandardCharsets.UTF_8);
  }

  private String index() {
    return new String(
        service.post("/v2/repository/index", BodyPublishers.ofString("{}")).body(),
        StandardCharsets.UTF_8);
  }

  private static void await(BooleanSupplier condition) {
    long limitNanos = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("it did not happen").isLessThan(limitNanos);
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }
}
