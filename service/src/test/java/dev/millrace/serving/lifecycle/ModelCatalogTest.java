package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.runtime.ModelLoadException;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelCatalogTest {
  private final FakeEngine engine = new FakeEngine();
  private final ModelCatalog catalog = engine.catalog();

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  void doesNotKnowAModelThatWasNeverLoaded() {
    assertThatThrownBy(() -> catalog.describe("x", null))
        .hasMessageStartingWith("Request for unknown model: 'x' is not found")
        .asInstanceOf(type(InferenceException.class))
        .extracting(InferenceException::failure)
        .isInstanceOf(InferenceFailure.NotFound.class);
    assertThat(catalog.ready("x", null)).isFalse();
  }

  @Test
  void namesTheVersionsThereAreWhenAskedForAnother() {
    engine.rollout().serve(candidate("m", "4", "1"));
    assertThatThrownBy(() -> catalog.lease("m", "3"))
        .hasMessage("Request for unknown model: 'm' version 3 is not found; available are [4].");
  }

  @Test
  void isReadyOnlyOnceTheFirstRoundOfLoadsIsOver() {
    assertThat(catalog.serverReady()).isFalse();
    engine.rollout().serve(candidate("m", "1", "1"));
    assertThat(catalog.serverReady()).isFalse();
    catalog.firstRoundOver();
    assertThat(catalog.serverReady()).isTrue();
  }

  @Test
  void tellsItsListenerOfEachChangeOfReadiness() {
    var heard = new ArrayList<Boolean>();
    catalog.onReadinessChange(() -> heard.add(catalog.serverReady()));
    serveBroken("m");
    catalog.firstRoundOver();
    engine.rollout().serve(candidate("m", "1", "1"));
    engine.rollout().unload("m", "unloaded");
    catalog.drain();
    assertThat(heard).containsExactly(false, true, true, false);
  }

  @Test
  void isNotReadyWhileAModelThatFailedAtTheStartHasNoVersion() {
    serveBroken("m");
    catalog.firstRoundOver();
    assertThat(catalog.serverReady()).isFalse();
    engine.rollout().serve(candidate("m", "1", "1"));
    assertThat(catalog.serverReady()).isTrue();
  }

  @Test
  void becomesReadyWhenTheBrokenModelIsNoLongerWanted() {
    serveBroken("m");
    catalog.firstRoundOver();
    engine.rollout().unload("m", "unloaded");
    assertThat(catalog.serverReady()).isTrue();
  }

  @Test
  void staysReadyWhenAModelBreaksLater() {
    catalog.firstRoundOver();
    serveBroken("m");
    assertThat(catalog.serverReady()).isTrue();
  }

  @Test
  void answersWhileItDrainsButIsNotReady() {
    engine.rollout().serve(candidate("m", "1", "1"));
    catalog.firstRoundOver();
    catalog.drain();
    assertThat(catalog.serverReady()).isFalse();
    assertThat(catalog.ready("m", null)).isTrue();
    engine.inference().inferAndWait(request("m", 1, 1), FakeEngine.LIMIT).close();
  }

  @Test
  void waitsForRequestsUnderWayWithinALimit() {
    engine.rollout().serve(candidate("m", "1", "1"));
    try (var _ = catalog.lease("m", null)) {
      assertThat(catalog.awaitIdle(Duration.ofMillis(1))).isFalse();
    }
    assertThat(catalog.awaitIdle(Duration.ZERO)).isTrue();
  }

  @Test
  void addsUpTheRequestsOfAModelThroughASwap() {
    engine.rollout().serve(candidate("m", "1", "1"));
    engine.inference().inferAndWait(request("m", 1, 1), FakeEngine.LIMIT).close();
    engine.rollout().serve(candidate("m", "2", "1"));
    engine.inference().inferAndWait(request("m", 1, 1), FakeEngine.LIMIT).close();
    FakeEngine.await(() -> engine.runtime().openNow() == 1);
    FakeEngine.await(() -> catalog.traffic("m").success() == 2);
  }

  @Test
  void ordersVersionsByNumber() {
    engine.rollout().serve(candidate("m", "9", "1"));
    engine.rollout().serve(candidate("m", "10", "1"));
    engine.rollout().serve(candidate("a", "2", "1"));
    assertThat(catalog.versions())
        .extracting(VersionStatus::version)
        .containsExactly("2", "9", "10");
  }

  private void serveBroken(String model) {
    assertThatThrownBy(() -> engine.rollout().serve(candidate(model, "1", "broken")))
        .isInstanceOf(ModelLoadException.class);
  }
}
