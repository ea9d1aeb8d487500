package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Many callers who want the same thing at the same time are answered as if they came in turn. */
class RacesIT {
  private static final int CALLERS = 16;

  @TempDir private static Path home;
  private static RunningStore store;
  private String name;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @BeforeEach
  void choose() {
    name = "race-" + UUID.randomUUID();
  }

  @Test
  void eachVersionGetsItsOwnNumber() {
    registerModel();
    var numbers = texts(atOnce(_ -> newVersion()), "/model_version/version");
    assertThat(numbers).containsExactlyInAnyOrderElementsOf(oneTo(CALLERS));
  }

  @Test
  void eachExperimentGetsItsOwnId() {
    var ids =
        texts(
            atOnce(i -> post("experiments/create", "{'name':'%s-%s'}", name, i)), "/experiment_id");
    assertThat(ids).doesNotHaveDuplicates().hasSize(CALLERS);
    for (String id : ids) {
      assertThat(store.get("experiments/get?experiment_id=" + id).ok().toString())
          .contains("\"artifact_location\":\"mlflow-artifacts:/" + id + "\"");
    }
  }

  @Test
  void oneOfManyGetsTheNameOfAnExperiment() {
    oneSucceeds(
        atOnce(_ -> post("experiments/create", "{'name':'%s'}", name)),
        "RESOURCE_ALREADY_EXISTS",
        "Experiment(name=" + name + ") already exists.");
  }

  @Test
  void oneOfManyGetsTheNameOfAModel() {
    oneSucceeds(
        atOnce(_ -> post("registered-models/create", "{'name':'%s'}", name)),
        "RESOURCE_ALREADY_EXISTS",
        "Registered Model (name=" + name + ") already exists.");
  }

  @Test
  void oneOfManyIsRenamedToAName() {
    for (int i = 0; i < CALLERS; i++) {
      post("registered-models/create", "{'name':'%s-%s'}", name, i).ok();
      post("experiments/create", "{'name':'%s-%s'}", name, i).ok();
    }
    var models = "{'name':'%s-%s','new_name':'%s'}";
    oneSucceeds(
        atOnce(i -> post("registered-models/rename", models, name, i, name)),
        "RESOURCE_ALREADY_EXISTS",
        "Registered Model (name=" + name + ") already exists.");
    var ids = IntStream.range(0, CALLERS).mapToObj(i -> experimentNamed(name + "-" + i)).toList();
    var experiments = "{'experiment_id':'%s','new_name':'%s'}";
    oneSucceeds(
        atOnce(i -> post("experiments/update", experiments, ids.get(i), name)),
        "RESOURCE_ALREADY_EXISTS",
        "Experiment(name=" + name + ") already exists.");
  }

  @Test
  void aParamKeepsTheValueOfTheFirst() {
    var run = store.run("0");
    var param = "{'run_id':'%s','key':'rate','value':'%s'}";
    var answers = atOnce(i -> post("runs/log-parameter", param, run, i));
    oneSucceeds(
        answers, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed. Param with key");
    var winner = IntStream.range(0, CALLERS).filter(i -> answers.get(i).status() == 200).findAny();
    assertThat(data(run).at("/params/0/value").asInt()).isEqualTo(winner.orElseThrow());
  }

  @Test
  void theLatestMetricIsTheLargestStep() {
    var run = store.run("0");
    var metric = "{'run_id':'%s','key':'loss','value':1,'timestamp':1,'step':%s}";
    allSucceed(atOnce(i -> post("runs/log-metric", metric, run, i)));
    assertThat(data(run).at("/metrics/0/step").asInt()).isEqualTo(CALLERS - 1);
  }

  @Test
  void batchesInOppositeOrderDoNotBlockEachOther() {
    var run = store.run("0");
    var up = "{'run_id':'%s','tags':[{'key':'a','value':'1'},{'key':'b','value':'1'}]}";
    var down = "{'run_id':'%s','tags':[{'key':'b','value':'2'},{'key':'a','value':'2'}]}";
    allSucceed(atOnce(i -> post("runs/log-batch", i % 2 == 0 ? up : down, run)));
    var tags = data(run).path("tags").toString();
    assertThat(tags)
        .containsAnyOf(
            "{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\",\"value\":\"1\"}",
            "{\"key\":\"a\",\"value\":\"2\"},{\"key\":\"b\",\"value\":\"2\"}");
  }

  @Test
  void runsThatReadTheSameDataSetsDoNotBlockEachOther() {
    var experiment = store.experiment(name);
    var runs = IntStream.range(0, CALLERS).mapToObj(_ -> store.run(experiment)).toList();
    var up = "{'run_id':'%s','datasets':[%s,%s]}";
    var first = "{'dataset':{'name':'first','digest':'1'}}";
    var second = "{'dataset':{'name':'second','digest':'2'}}";
    allSucceed(
        atOnce(
            i ->
                i % 2 == 0
                    ? post("runs/log-inputs", up, runs.get(i), first, second)
                    : post("runs/log-inputs", up, runs.get(i), second, first)));
    for (String run : runs) {
      assertThat(store.get("runs/get?run_id=" + run).ok().at("/run/inputs/dataset_inputs"))
          .hasSize(2);
    }
  }

  @Test
  void aDeletedRunTakesWhatCameBeforeAndNothingAfter() {
    var run = store.run("0");
    var tag = "{'run_id':'%s','key':'tag-%s','value':''}";
    var answers =
        atOnce(
            i ->
                i == CALLERS / 2
                    ? post("runs/delete", "{'run_id':'%s'}", run)
                    : post("runs/set-tag", tag, run, i));
    answers.get(CALLERS / 2).ok();
    for (int i = 0; i < CALLERS; i++) {
      var answer = answers.get(i);
      var stored = data(run).path("tags").toString().contains("\"tag-" + i + "\"");
      assertThat(stored).isEqualTo(i != CALLERS / 2 && answer.status() == 200);
      if (answer.status() != 200) {
        answer.refused(400, "INVALID_PARAMETER_VALUE", "must be in the 'active' state");
      }
    }
  }

  @Test
  void anExperimentTakesItsRunsAlong() {
    var experiment = store.experiment(name);
    var body = "{'experiment_id':'%s'}";
    var answers =
        atOnce(
            i ->
                i == CALLERS / 2
                    ? post("experiments/delete", body, experiment)
                    : post("runs/create", body, experiment));
    answers.get(CALLERS / 2).ok();
    var active = "{'experiment_ids':['%s'],'run_view_type':'ACTIVE_ONLY'}";
    assertThat(post("runs/search", active, experiment).ok().has("runs")).isFalse();
  }

  @Test
  void anAliasNeverPointsToADeletedVersion() {
    registerModel();
    var version = "{'name':'%s','version':'%s','alias':'champion'}";
    for (int i = 0; i < CALLERS / 2; i++) {
      newVersion().ok();
    }
    var answers =
        atOnce(
            i ->
                i % 2 == 0
                    ? post("registered-models/alias", version, name, i / 2 + 1)
                    : store.json(
                        "DELETE", "model-versions/delete", json(version, name, i / 2 + 1)));
    for (int i = 1; i < CALLERS; i += 2) {
      answers.get(i).ok();
    }
    store
        .get("registered-models/alias?alias=champion&name=" + name)
        .refused(400, "INVALID_PARAMETER_VALUE", "Registered model alias champion not found.");
    assertThat(store.get("registered-models/get?name=" + name).ok().toString())
        .doesNotContain("champion");
  }

  @Test
  void aMovedAliasIsAlwaysOneOfTheVersions() {
    registerModel();
    for (int i = 0; i < CALLERS; i++) {
      newVersion().ok();
    }
    var alias = "{'name':'%s','version':'%s','alias':'champion'}";
    var read = "registered-models/alias?alias=champion&name=" + name;
    post("registered-models/alias", alias, name, 1).ok();
    var answers =
        atOnce(
            i ->
                i % 2 == 0 ? post("registered-models/alias", alias, name, i + 1) : store.get(read));
    allSucceed(answers);
    assertThat(store.get("registered-models/get?name=" + name).ok().at("/registered_model/aliases"))
        .hasSize(1);
  }

  @Test
  void anAliasIsSetAndRolledBackInTurn() {
    registerModel();
    var alias = "{'name':'%s','version':'%s','alias':'champion'}";
    for (int version = 1; version <= 2; version++) {
      newVersion().ok();
      post("registered-models/alias", alias, name, version).ok();
    }
    var back = "{'name':'%s','alias':'champion'}";
    allSucceed(
        atOnce(
            i ->
                i % 2 == 0
                    ? post("registered-models/alias", alias, name, i % 4 == 0 ? 1 : 2)
                    : post("registered-models/alias/rollback", back, name)));
  }

  @Test
  void aModelGoesWithAllOfItsVersions() {
    registerModel();
    var answers =
        atOnce(
            i ->
                i == CALLERS / 2
                    ? store.json("DELETE", "registered-models/delete", json("{'name':'%s'}", name))
                    : newVersion());
    for (Answer answer : answers) {
      if (answer.status() != 200) {
        answer.refused(404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=" + name);
      }
    }
    answers.get(CALLERS / 2).ok();
    assertThat(store.get("model-versions/search?filter=name%3D'" + name + "'").ok().toString())
        .isEqualTo("{}");
  }

  private static List<Answer> atOnce(IntFunction<Answer> request) {
    var start = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<Future<Answer>>();
      for (int i = 0; i < CALLERS; i++) {
        var caller = i;
        answers.add(
            threads.submit(
                () -> {
                  start.await();
                  return request.apply(caller);
                }));
      }
      start.countDown();
      var all = new ArrayList<Answer>();
      for (Future<Answer> answer : answers) {
        all.add(answer.get());
      }
      return all;
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static void allSucceed(List<Answer> answers) {
    answers.forEach(Answer::ok);
  }

  private static void oneSucceeds(List<Answer> answers, String code, String message) {
    assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(1);
    answers.stream()
        .filter(answer -> answer.status() != 200)
        .forEach(answer -> answer.refused(400, code, message));
  }

  private void registerModel() {
    post("registered-models/create", "{'name':'%s'}", name).ok();
  }

  private Answer newVersion() {
    return post("model-versions/create", "{'name':'%s','source':'s3://bucket/model'}", name);
  }

  private static String experimentNamed(String name) {
    return RunningStore.text(
        store.get("experiments/get-by-name?experiment_name=" + name).ok(),
        "/experiment/experiment_id");
  }

  private static List<String> oneTo(int last) {
    return IntStream.rangeClosed(1, last).mapToObj(String::valueOf).toList();
  }

  private static List<String> texts(List<Answer> answers, String pointer) {
    return answers.stream().map(answer -> RunningStore.text(answer.ok(), pointer)).toList();
  }

  private static JsonNode data(String run) {
    return store.get("runs/get?run_id=" + run).ok().at("/run/data");
  }

  private static Answer post(String path, String json, Object... values) {
    return store.post(path, json(json, values));
  }

  private static String json(String template, Object... values) {
    var json = template;
    for (Object value : values) {
      json = json.replaceFirst("%s", Matcher.quoteReplacement(String.valueOf(value)));
    }
    return json.replace('\'', '"');
  }
}
