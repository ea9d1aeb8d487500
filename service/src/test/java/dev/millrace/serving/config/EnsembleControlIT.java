package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.oip.ModelRepositoryParameter;
import dev.millrace.protocol.oip.RepositoryModelUnloadRequest;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles are loaded and unloaded on request, with the models that they ask. */
@Timeout(120)
class EnsembleControlIT {
  @TempDir Path temporary;

  private TritonModels models;
  private RunningService service;

  @BeforeEach
  void start() throws Exception {
    models = new TritonModels(temporary.resolve("models"));
    EnsembleModels.doubling(models, "one", 1);
    EnsembleModels.doubling(models, "two", 1);
    EnsembleModels.ensemble(
        models,
        "both",
        EnsembleModels.numbers(
            EnsembleModels.step("one", "IN", "t") + EnsembleModels.step("two", "t", "OUT")));
    EnsembleModels.ensemble(
        models, "other", EnsembleModels.numbers(EnsembleModels.step("two", "IN", "OUT")));
    EnsembleModels.ensemble(
        models,
        "outer",
        EnsembleModels.numbers(
            """
            step { model_name: "both" input_map { key: "IN" value: "IN" }
                   output_map { key: "OUT" value: "OUT" } }
            """));
    service =
        RunningService.serving(
            models.root(), temporary.resolve("home"), "--serving.directory.control=explicit");
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "ensemble_scheduling: a load loads the models of the steps first")
  void loadsTheModelsOfItsStepsFirst() {
    assertThat(load("outer").statusCode()).isEqualTo(200);
    assertThat(isReady("one") && isReady("two") && isReady("both")).isTrue();
    assertThat(ask("outer")).isEqualTo(200);
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "model_repository: unload_dependents of an ensemble, REST and gRPC")
  void unloadsTheModelsOfItsStepsWhereThatIsWanted() {
    load("both");
    load("other");
    assertThat(unload("both", "{\"parameters\":{\"unload_dependents\":true}}").statusCode())
        .isEqualTo(200);
    assertThat(isReady("both") || isReady("one")).isFalse();
    assertThat(isReady("two")).as("'other' asks it").isTrue();
    var dependents =
        RepositoryModelUnloadRequest.newBuilder()
            .setModelName("other")
            .putParameters(
                "unload_dependents",
                ModelRepositoryParameter.newBuilder().setBoolParam(true).build());
    service.grpc().repositoryModelUnload(dependents.build());
    assertThat(isReady("other") || isReady("two")).isFalse();
  }

  @Test
  void keepsTheModelsOfItsStepsOtherwise() {
    load("both");
    assertThat(unload("both", "{}").statusCode()).isEqualTo(200);
    assertThat(isReady("both")).isFalse();
    assertThat(isReady("one") && isReady("two")).isTrue();
  }

  @Test
  void goesWithAModelThatItAsksAndComesBackWithIt() {
    load("outer");
    unload("one", "{}");
    assertThat(isReady("both") || isReady("outer")).isFalse();
    assertThat(index()).contains("{\"name\":\"both\",\"version\":\"1\",\"state\":\"UN");
    assertThat(ask("both")).isEqualTo(503);
    load("two");
    assertThat(isReady("both")).isFalse();
    load("one");
    assertThat(isReady("both") && isReady("outer")).isTrue();
    assertThat(ask("outer")).isEqualTo(200);
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with =
          "ensemble_scheduling: a step whose model is not served stops the load, with Triton's text")
  void failsToLoadWithoutTheModelOfAStep() throws Exception {
    EnsembleModels.ensemble(
        models, "lost", EnsembleModels.numbers(EnsembleModels.step("absent", "IN", "OUT")));
    var answer = load("lost");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(text(answer))
        .contains(
            "failed to load 'lost', ensemble 'lost' depends on 'absent' which has no loaded version");
    models.config("one", "max_batch_sise: 3");
    assertThat(text(load("both")))
        .contains(
            "depends on 'one' which has no loaded version. Model 'one' loading failed with error: config.pbtxt, line 1")
        .contains("max_batch_sise");
  }

  @Test
  void failsToLoadWhereEnsemblesAskEachOther() throws Exception {
    load("outer");
    EnsembleModels.ensemble(
        models,
        "both",
        EnsembleModels.numbers(
            """
            step { model_name: "outer" input_map { key: "IN" value: "IN" }
                   output_map { key: "OUT" value: "OUT" } }
            """));
    assertThat(text(load("both")))
        .contains("circular dependency between ensembles: both -> ... -> outer -> both");
    assertThat(ask("outer")).as("the one before goes on").isEqualTo(200);
  }

  @Test
  void failsToLoadWithAnotherVersionOfAStep() throws Exception {
    load("one");
    EnsembleModels.ensemble(
        models,
        "old",
        EnsembleModels.numbers(
            EnsembleModels.step("one", "IN", "OUT")
                .replace("model_version: -1", "model_version: 7")));
    assertThat(text(load("old")))
        .contains("ensemble 'old' depends on 'one' whose required version 7 is not loaded");
  }

  private HttpResponse<byte[]> load(String model) {
    return service.post("/v2/repository/models/" + model + "/load", BodyPublishers.ofString("{}"));
  }

  private HttpResponse<byte[]> unload(String model, String body) {
    return service.post(
        "/v2/repository/models/" + model + "/unload", BodyPublishers.ofString(body));
  }

  private boolean isReady(String model) {
    return service.get(service.http("/v2/models/" + model + "/ready")).statusCode() == 200;
  }

  private int ask(String model) {
    return service
        .post("/v2/models/" + model + "/infer", BodyPublishers.ofString(EnsembleIT.numbers(1, 2)))
        .statusCode();
  }

  private String index() {
    return text(service.post("/v2/repository/index", BodyPublishers.ofString("{}")));
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}
