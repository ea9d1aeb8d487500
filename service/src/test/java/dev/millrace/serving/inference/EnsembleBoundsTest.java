package dev.millrace.serving.inference;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.Candidate;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.ServablePackage;
import dev.millrace.serving.modelconfig.ConfigReader;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.scheduling.CacheUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles within ensembles, on a model with a response cache. */
class EnsembleBoundsTest {
  private static final int LAYERS = 6;
  private static final int WIDTH = 20;

  private final FakeEngine engine =
      FakeEngine.withSettings(
          (model, _) -> model.equals("a") ? FakeEngine.cached() : ModelSettings.defaults());

  @TempDir private Path folder;

  @BeforeEach
  void serveTheModel() {
    engine.rollout().serve(candidate("a", "1", "1"));
  }

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.catalog().inFlight()).isZero();
  }

  @Test
  void areRefusedWhereARequestWouldBecomeTooMany() throws IOException {
    serve("e1", repeated("a", 32));
    serve("e2", repeated("e1", 32));
    assertThatThrownBy(() -> serve("e3", repeated("e2", 2)))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("a request to ensemble 'e3' becomes 2048 requests of models")
        .hasMessageContaining("1024 are the most");
    serve("e3", List.of("e2"));
  }

  @Test
  void refuseRequestsThatBecomeTooManyOnceAStepGrew() throws IOException {
    serve("e1", List.of("a"));
    serve("e2", repeated("e1", 32));
    serve("e3", repeated("e2", 32));
    assertThat(ask("e3", CacheUse.FULL)).isEqualTo(1);
    serve("e1", repeated("a", 2));
    assertRefused("e3");
    assertThat(ask("e2", CacheUse.FULL)).isEqualTo(1);
  }

  /** There are 64 million ways through these. */
  @Test
  void areLookedThroughOnceWhereTheyShareTheirSteps() throws IOException {
    for (int layer = 1; layer <= LAYERS; layer++) {
      serveLayer(layer, List.of("a"));
    }
    for (int layer = LAYERS; layer > 1; layer--) {
      serveLayer(layer, layer(layer - 1));
    }
    serve("top", layer(LAYERS).subList(0, 1));
    assertRefused("top");
  }

  @Test
  void leaveTheCachesOfTheirStepsAloneWhereTheClientSaysSo() throws IOException {
    serve("e1", List.of("a"));
    serve("e2", List.of("e1"));
    ask("e2", CacheUse.FULL);
    double runs = runs();
    ask("e2", CacheUse.FULL);
    assertThat(runs()).isEqualTo(runs);
    ask("e2", CacheUse.REFRESH);
    assertThat(runs()).isEqualTo(runs + 1);
    ask("e2", CacheUse.NONE);
    assertThat(runs()).isEqualTo(runs + 2);
  }

  private void assertRefused(String ensemble) {
    assertThatThrownBy(() -> ask(ensemble, CacheUse.FULL))
        .isInstanceOfSatisfying(
            InferenceException.class,
            e -> assertThat(e.failure()).isInstanceOf(InferenceFailure.Invalid.class))
        .hasMessageContaining("a request becomes more than 1024 requests of models");
  }

  private float ask(String model, CacheUse use) {
    var plain = request(model, 1, 2);
    var asked =
        new InferenceRequest(
            model, null, plain.inputs(), plain.outputs(), plain.deadlineNanos(), 0, use);
    try (var answer = engine.inference().inferAndWait(asked, FakeEngine.LIMIT)) {
      return answer.outputs().getFirst().data().getFloat(0);
    }
  }

  private double runs() {
    return engine.meteredOf("nv_inference_exec_count", "a", "1");
  }

  private void serveLayer(int layer, List<String> steps) throws IOException {
    for (var ensemble : layer(layer)) {
      serve(ensemble, steps);
    }
  }

  private static List<String> layer(int number) {
    return IntStream.range(0, WIDTH).mapToObj(i -> "l" + number + "n" + i).toList();
  }

  private static List<String> repeated(String model, int times) {
    return Collections.nCopies(times, model);
  }

  /** An ensemble that asks these models one after the other. */
  private void serve(String ensemble, List<String> models) throws IOException {
    var steps = new StringBuilder();
    for (int i = 0; i < models.size(); i++) {
      steps.append(
          "step { model_name: '%s' input_map { key: 'x' value: '%s' } output_map { key: 'y' value: '%s' } }\n"
              .formatted(
                  models.get(i),
                  i == 0 ? "x" : "t" + i,
                  i == models.size() - 1 ? "y" : "t" + (i + 1)));
    }
    engine.rollout().serve(ensembleCandidate(ensemble, steps.toString()));
  }

  private Candidate ensembleCandidate(String ensemble, String steps) throws IOException {
    Files.writeString(
        folder.resolve("config.pbtxt"),
        """
        platform: "ensemble"
        max_batch_size: 1
        input { name: "x" data_type: TYPE_FP32 dims: 2 }
        output { name: "y" data_type: TYPE_FP32 dims: 2 }
        ensemble_scheduling { %s }
        """
            .formatted(steps));
    var declared = ConfigReader.read(ensemble, folder).orElseThrow();
    return new Candidate(
        ensemble,
        "1",
        steps,
        () ->
            new ServablePackage(
                folder, List.of(), null, GoldenExamples.NONE, List.of(), declared, List.of()));
  }
}
