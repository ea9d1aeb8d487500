package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceReply;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.telemetry.WaitReason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Models that were unloaded to make room, as their users see them. */
class DormantModelsTest {
  private static final int MOST_WAITING = 20;

  private final FakeEngine engine =
      new FakeEngine(
          new FakeDevices(1L << 40),
          new PlacementLimits(0, 1, 1, MOST_WAITING, FakeEngine.LIMIT),
          ModelSettings.defaults());
  private final ModelCatalog catalog = engine.catalog();

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.closed() && model.faults() == 0);
  }

  @Test
  void areLoadedByTheNextRequestWhichIsToldHowLongThatTook() {
    serveBoth();
    try (var answer = engine.inference().inferAndWait(request("a", 1, 2), FakeEngine.LIMIT)) {
      assertThat(answer.outputs().getFirst().data().getFloat(4)).isEqualTo(4);
      assertThat(answer.loadNanos()).isPositive();
      assertThat(answer.timings().reason()).isEqualTo(WaitReason.LOAD);
    }
    try (var answer = engine.inference().inferAndWait(request("a", 1, 2), FakeEngine.LIMIT)) {
      assertThat(answer.loadNanos()).isZero();
    }
    assertThat(status("a").device()).isEqualTo("cpu");
    assertThat(status("b").device()).isEmpty();
    await(() -> engine.runtime().openNow() == 1);
  }

  @Test
  void areAllLoadedOnceAtAStartThoughThatTakesLongerThanOneWaitsForRoom() {
    var limits = new PlacementLimits(0, 1, 2, MOST_WAITING, Duration.ofSeconds(2));
    try (var crowded =
        new FakeEngine(new FakeDevices(1L << 40), limits, ModelSettings.defaults())) {
      var loads =
          IntStream.range(0, 150)
              .mapToObj(
                  i ->
                      CompletableFuture.runAsync(
                          () -> crowded.rollout().serve(candidate("model" + i, "1", "2")),
                          Thread::startVirtualThread))
              .toArray(CompletableFuture[]::new);
      CompletableFuture.allOf(loads).join();
      assertThat(crowded.runtime().openNow()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void areNotThoseThatARequestHolds() {
    engine.rollout().serve(candidate("a", "1", "2"));
    var model = catalog.entries().getFirst();
    try (var _ = catalog.lease("a", null)) {
      assertThat(model.sleep()).isEmpty();
      assertThat(status("a").device()).isEqualTo("cpu");
    }
    var asleep = model.sleep();
    assertThat(asleep).extracting(LoadedVersion::version).containsExactly("1");
    assertThat(status("a").device()).isEmpty();
    asleep.forEach(LoadedVersion::close);
    asleep.forEach(model::gone);
  }

  @Test
  void areReadyAndDescribed() {
    serveBoth();
    assertThat(status("a").state()).isEqualTo(VersionState.READY);
    assertThat(status("a").live()).isTrue();
    assertThat(status("a").reason()).isEqualTo("unloaded to make room; the next request loads it");
    assertThat(catalog.ready("a", null)).isTrue();
    assertThat(catalog.ready("a", "1")).isTrue();
    assertThat(catalog.ready("a", "2")).isFalse();
    assertThat(catalog.describe("a", null).versions()).containsExactly("1");
    catalog.firstRoundOver();
    assertThat(catalog.serverReady()).isTrue();
  }

  @Test
  void areServedAlreadyForTheirRepository() {
    serveBoth();
    assertThat(engine.rollout().serves(List.of(candidate("a", "1", "2")))).isTrue();
    assertThat(engine.rollout().serves(List.of(candidate("a", "1", "3")))).isFalse();
    assertThat(engine.runtime().opened()).hasSize(2);
  }

  @Test
  void areLoadedWhenSomebodyAsksForTheLoad() {
    serveBoth();
    engine.rollout().serve(candidate("a", "1", "2"));
    assertThat(status("a").device()).isEqualTo("cpu");
  }

  @Test
  void areReplacedByTheNextVersionAndGoWithTheirFiles() {
    serveBoth();
    engine.rollout().serve(candidate("a", "2", "5"));
    assertThat(catalog.describe("a", null).version()).isEqualTo("2");
    engine.rollout().serve(candidate("b", "1", "2"));
    engine.rollout().unload("a", "its files were removed");
    assertThat(catalog.ready("a", null)).isFalse();
    assertThatThrownBy(() -> engine.inference().inferAndWait(request("a", 1, 2), FakeEngine.LIMIT))
        .hasMessageContaining("has no available versions");
  }

  @Test
  void areLoadedOnceForAllWhoWait() {
    serveBoth();
    var gate = engine.runtime().closeGate();
    var answers =
        IntStream.range(0, MOST_WAITING).mapToObj(_ -> waiting(request("a", 1, 2))).toList();
    gate.countDown();
    answers.forEach(CompletableFuture::join);
    assertThat(engine.runtime().opened()).hasSize(3);
  }

  @Test
  void letOnlySoManyWait() {
    serveBoth();
    var gate = engine.runtime().closeGate();
    var answers =
        IntStream.range(0, MOST_WAITING).mapToObj(_ -> waiting(request("a", 1, 2))).toList();
    assertThat(answered(request("a", 1, 2)))
        .isEqualTo(
            new InferenceFailure.Overloaded(
                "Model 'a' has to be loaded first, and 20 requests wait for loads already. Try again later."));
    gate.countDown();
    answers.forEach(CompletableFuture::join);
  }

  @Test
  void tellARequestWhoseDeadlineComesFirst() {
    serveBoth();
    var gate = engine.runtime().closeGate();
    var soon = System.nanoTime() + Duration.ofMillis(5).toNanos();
    assertThatThrownBy(
            () -> engine.inference().inferAndWait(withDeadline("a", soon), FakeEngine.LIMIT))
        .hasMessageStartingWith("Model 'a' had to be loaded first, and that took longer than")
        .extracting(failure -> ((InferenceException) failure).failure())
        .isInstanceOf(InferenceFailure.TimedOut.class);
    gate.countDown();
    await(() -> status("a").device().equals("cpu"));
  }

  @Test
  void tellWhyTheyCannotBeLoadedAndAreTriedAgainLater() {
    var broken = new AtomicBoolean();
    var good = candidate("a", "1", "2");
    engine
        .rollout()
        .serve(
            new Candidate(
                "a",
                "1",
                "x",
                () -> (broken.get() ? candidate("a", "1", "bad") : good).files().fetch()));
    engine.rollout().serve(candidate("b", "1", "2"));
    broken.set(true);
    assertThat(answered(request("a", 1, 2)))
        .isInstanceOf(InferenceFailure.NotReady.class)
        .extracting(InferenceFailure::message)
        .asString()
        .startsWith("Model 'a' was unloaded to make room and cannot be loaded now:")
        .contains("it holds no number");
    assertThat(status("a").reason()).contains("the last attempt failed");
    broken.set(false);
    await(() -> answered(request("a", 1, 2)) == null);
  }

  @Test
  void waitForARequestThatHoldsTheOnlyPlace() {
    serveBoth();
    var lease = catalog.lease("b", null);
    var answer = waiting(request("a", 1, 2));
    assertThat(status("b").device()).isEqualTo("cpu");
    lease.close();
    answer.join();
    assertThat(status("b").device()).isEmpty();
  }

  @Test
  void takeTurnsUnderManyCallersWithoutAFailedRequest() {
    var models = 6;
    IntStream.range(0, models).forEach(i -> serve("m" + i));
    var failures = new AtomicInteger();
    var callers =
        IntStream.range(0, 4)
            .mapToObj(
                caller ->
                    CompletableFuture.runAsync(
                        () -> {
                          for (int i = 0; i < 100; i++) {
                            if (answered(request("m" + (i * 7 + caller) % models, 1, 2)) != null) {
                              failures.incrementAndGet();
                            }
                          }
                        },
                        task -> Thread.ofVirtual().start(task)))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(callers).join();
    assertThat(failures).hasValue(0);
    await(() -> engine.runtime().openNow() == 1);
  }

  private void serveBoth() {
    serve("a");
    serve("b");
  }

  private void serve(String model) {
    engine.rollout().serve(candidate(model, "1", "2"));
  }

  /** Asked when this returns, as event loops do: without being held up. */
  private CompletableFuture<Void> waiting(InferenceRequest request) {
    var done = new CompletableFuture<Void>();
    engine
        .inference()
        .infer(
            request,
            new InferenceReply() {
              @Override
              public Executor home() {
                return Runnable::run;
              }

              @Override
              public void answered(InferenceAnswer answer) {
                answer.close();
                done.complete(null);
              }

              @Override
              public void failed(InferenceFailure failure) {
                done.completeExceptionally(new InferenceException(failure));
              }
            });
    return done;
  }

  /** The failure, or null for an answer. */
  private @Nullable InferenceFailure answered(InferenceRequest request) {
    try (var _ = engine.inference().inferAndWait(request, FakeEngine.LIMIT)) {
      return null;
    } catch (InferenceException e) {
      return e.failure();
    }
  }

  private static InferenceRequest withDeadline(String model, long deadlineNanos) {
    var plain = request(model, 1, 2);
    return new InferenceRequest(model, null, plain.inputs(), plain.outputs(), deadlineNanos, 0);
  }

  private VersionStatus status(String model) {
    return catalog.versions().stream()
        .filter(status -> status.model().equals(model))
        .findFirst()
        .orElseThrow();
  }
}
