package dev.millrace.serving.inference;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.pair;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.Candidate;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.PlacementLimits;
import dev.millrace.serving.lifecycle.ServablePackage;
import dev.millrace.serving.modelconfig.ConfigReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles on models of which only one may be loaded at a time. */
class EnsembleInferenceTest {
  private final FakeEngine engine =
      new FakeEngine(
          new FakeDevices(1L << 40),
          new PlacementLimits(0, 1, 1, 10, Duration.ofMillis(200)),
          ModelSettings.defaults());

  @TempDir private Path folder;

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.closed() && model.faults() == 0);
  }

  @Test
  void wakeAModelThatWasUnloadedToMakeRoom() throws IOException {
    engine.rollout().serve(candidate("a", "1", "2"));
    engine.rollout().serve(ensemble(step("a", "IN", "OUT")));
    engine.rollout().serve(candidate("b", "1", "3"));
    assertThat(engine.catalog().lease("e", null)).satisfies(lease -> lease.close());
    var asked = request("e", null, List.of(pair("IN", 1, 2)));
    try (var answer = engine.inference().inferAndWait(asked, FakeEngine.LIMIT)) {
      assertThat(answer.outputs().getFirst().name()).isEqualTo("OUT");
      assertThat(answer.outputs().getFirst().data().getFloat(4)).isEqualTo(4);
    }
  }

  /** The answer of the first is still read, so its model cannot make room for the second. */
  @Test
  void areRefusedWhereTheirModelsDoNotFitTogetherAndNothingStaysPinned() throws IOException {
    engine.rollout().serve(candidate("b", "1", "3"));
    engine.rollout().serve(candidate("a", "1", "2"));
    engine.rollout().serve(ensemble(step("a", "IN", "t") + step("b", "t", "OUT")));
    var asked = request("e", null, List.of(pair("IN", 1, 2)));
    assertThatThrownBy(() -> engine.inference().inferAndWait(asked, FakeEngine.LIMIT))
        .isInstanceOfSatisfying(
            InferenceException.class,
            e -> assertThat(e.failure()).isInstanceOf(InferenceFailure.NotReady.class))
        .hasMessageContaining("in ensemble 'e', step 'b': ");
    assertThat(engine.catalog().inFlight()).isZero();
  }

  private static String step(String model, String from, String to) {
    return "step { model_name: \"%s\" input_map { key: \"x\" value: \"%s\" } output_map { key: \"y\" value: \"%s\" } }"
        .formatted(model, from, to);
  }

  private Candidate ensemble(String steps) throws IOException {
    Files.writeString(
        folder.resolve("config.pbtxt"),
        """
        platform: "ensemble"
        max_batch_size: 4
        input { name: "IN" data_type: TYPE_FP32 dims: 2 }
        output { name: "OUT" data_type: TYPE_FP32 dims: 2 }
        ensemble_scheduling { %s }
        """
            .formatted(steps));
    var declared = ConfigReader.read("e", folder).orElseThrow();
    return new Candidate(
        "e",
        "1",
        steps,
        () ->
            new ServablePackage(
                folder, List.of(), null, GoldenExamples.NONE, List.of(), declared, List.of()));
  }
}
