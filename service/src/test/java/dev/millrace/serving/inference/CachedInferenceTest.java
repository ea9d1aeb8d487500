package dev.millrace.serving.inference;

import static dev.millrace.serving.fake.FakeEngine.await;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.inference.InferenceAnswer.Source;
import dev.millrace.serving.scheduling.CacheUse;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CachedInferenceTest {
  private final FakeEngine engine = new FakeEngine(FakeEngine.cached());

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.catalog().inFlight()).isZero();
  }

  @Test
  void runsTheModelOnceForTheSameRequest() {
    engine.rollout().serve(candidate("m", "1", "3"));
    assertAnswer(1, 3, Source.MODEL);
    double runs = runs("1");
    assertAnswer(1, 3, Source.CACHE);
    assertAnswer(1, 3, Source.CACHE);
    assertThat(runs("1")).isEqualTo(runs);
    assertAnswer(2, 6, Source.MODEL);
    assertThat(engine.meteredOf("nv_cache_num_hits_per_model", "m", "1")).isEqualTo(2);
    assertThat(engine.meteredOf("nv_cache_num_misses_per_model", "m", "1")).isEqualTo(2);
  }

  @Test
  void neverAnswersWithTheVersionBefore() {
    engine.rollout().serve(candidate("m", "1", "3"));
    assertAnswer(1, 3, Source.MODEL);
    assertAnswer(1, 3, Source.CACHE);
    engine.rollout().serve(candidate("m", "2", "5"));
    assertAnswer(1, 5, Source.MODEL);
    assertAnswer(1, 5, Source.CACHE);
  }

  @Test
  void letsGoOfTheVersionAtOnce() {
    engine.rollout().serve(candidate("m", "1", "3"));
    assertAnswer(1, 3, Source.MODEL);
    try (var answer = engine.inference().inferAndWait(request("m", 1, 0), FakeEngine.LIMIT)) {
      assertThat(answer.source()).isEqualTo(Source.CACHE);
      engine.rollout().serve(candidate("m", "2", "5"));
      await(() -> engine.runtime().opened().getFirst().closed());
      assertThat(first(answer)).isEqualTo(3);
    }
  }

  @Test
  void runsTheModelForARequestThatDoesNotWantAKnownAnswerAndKeepsTheNewOne() {
    engine.rollout().serve(candidate("m", "1", "3"));
    assertAnswer(1, 3, Source.MODEL);
    assertAnswer(CacheUse.REFRESH, 1, Source.MODEL);
    assertAnswer(1, 3, Source.CACHE);
    assertAnswer(CacheUse.REFRESH, 2, Source.MODEL);
    assertAnswer(2, 6, Source.CACHE);
    assertThat(engine.meteredOf("nv_cache_num_hits_per_model", "m", "1")).isEqualTo(2);
    assertThat(engine.meteredOf("nv_cache_num_misses_per_model", "m", "1")).isEqualTo(1);
  }

  @Test
  void neitherLooksUpNorKeepsWhatWantsNothingKept() {
    engine.rollout().serve(candidate("m", "1", "3"));
    assertAnswer(CacheUse.NONE, 1, Source.MODEL);
    assertAnswer(1, 3, Source.MODEL);
    assertAnswer(CacheUse.NONE, 1, Source.MODEL);
    assertAnswer(1, 3, Source.CACHE);
  }

  @Test
  void deliversOnTheCallersHome() {
    engine.rollout().serve(candidate("m", "1", "3"));
    assertAnswer(1, 3, Source.MODEL);
    var later = new AtomicReference<Runnable>();
    var answered = new AtomicInteger();
    engine.inference().infer(request("m", 1, 0), new Counting(later::set, answered));
    assertThat(answered.get()).isZero();
    later.get().run();
    assertThat(answered.get()).isOne();
  }

  @Test
  void checksRequestsBeforeItLooksThemUp() {
    engine.rollout().serve(candidate("m", "1", "3"));
    assertAnswer(1, 3, Source.MODEL);
    var wrong = request("m", null, List.of(FakeEngine.pair("z", 1, 0)));
    assertThatThrownBy(() -> engine.inference().inferAndWait(wrong, FakeEngine.LIMIT))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("unexpected inference input 'z' for model 'm'");
  }

  @Test
  void survivesAReplyThatBreaks() {
    engine.rollout().serve(candidate("m", "1", "3"));
    assertAnswer(1, 3, Source.MODEL);
    engine.inference().infer(request("m", 1, 0), new Breaking());
    assertAnswer(1, 3, Source.CACHE);
  }

  private void assertAnswer(float asked, float expected, Source source) {
    try (var answer = engine.inference().inferAndWait(request("m", asked, 0), FakeEngine.LIMIT)) {
      assertThat(first(answer)).isEqualTo(expected);
      assertThat(answer.source()).isEqualTo(source);
    }
  }

  private void assertAnswer(CacheUse use, float asked, Source source) {
    var plain = request("m", asked, 0);
    var request =
        new InferenceRequest(
            "m", null, plain.inputs(), plain.outputs(), plain.deadlineNanos(), 0, use);
    try (var answer = engine.inference().inferAndWait(request, FakeEngine.LIMIT)) {
      assertThat(first(answer)).isEqualTo(asked * 3);
      assertThat(answer.source()).isEqualTo(source);
    }
  }

  private static float first(InferenceAnswer answer) {
    return answer.outputs().getFirst().data().getFloat(0);
  }

  private double runs(String version) {
    return engine.meteredOf("nv_inference_exec_count", "m", version);
  }

  private record Counting(Executor home, AtomicInteger count) implements InferenceReply {
    @Override
    public void answered(InferenceAnswer answer) {
      count.incrementAndGet();
      answer.close();
    }

    @Override
    public void failed(InferenceFailure failure) {
      throw new AssertionError(failure);
    }
  }

  private record Breaking() implements InferenceReply {
    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void answered(InferenceAnswer answer) {
      throw new IllegalStateException("broken protocol");
    }

    @Override
    public void failed(InferenceFailure failure) {}
  }
}
