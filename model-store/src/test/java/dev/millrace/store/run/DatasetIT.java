package dev.millrace.store.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetIT {
  private static final String SEARCH = "experiments/search-datasets";

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void listsEachDataSetOnceForEveryContext() {
    var experiment = store.experiment("datasets");
    for (int i = 0; i < 2; i++) {
      var run = store.run(experiment);
      log(
          run,
          "digits",
          "abc",
          "\"tags\":[{\"key\":\"mlflow.data.context\",\"value\":\"train\"}],");
      log(run, "letters", "def", "");
    }
    log(
        store.run(experiment),
        "digits",
        "abc",
        "\"tags\":[{\"key\":\"mlflow.data.context\",\"value\":\"eval\"}],");
    var body = "{\"experiment_ids\":[\"" + experiment + "\"]}";
    assertThat(store.post(SEARCH, body).ok().path("dataset_summaries").toString())
        .isEqualTo(
            """
            [{"experiment_id":"%1$s","name":"digits","digest":"abc","context":"eval"},\
            {"experiment_id":"%1$s","name":"digits","digest":"abc","context":"train"},\
            {"experiment_id":"%1$s","name":"letters","digest":"def"}]"""
                .formatted(experiment));
  }

  @Test
  void listsADataSetWithoutAContextBeforeItsContexts() {
    var experiment = store.experiment("contexts");
    var context = "\"tags\":[{\"key\":\"mlflow.data.context\",\"value\":\"train\"}],";
    log(store.run(experiment), "digits", "abc", context);
    log(store.run(experiment), "digits", "abc", "");
    var body = "{\"experiment_ids\":[\"" + experiment + "\"]}";
    assertThat(store.post(SEARCH, body).ok().path("dataset_summaries").toString())
        .isEqualTo(
            """
            [{"experiment_id":"%1$s","name":"digits","digest":"abc"},\
            {"experiment_id":"%1$s","name":"digits","digest":"abc","context":"train"}]"""
                .formatted(experiment));
  }

  @Test
  void asksForExperimentsAndNotTooMany() {
    assertThat(store.post(SEARCH, "{\"experiment_ids\":[\"0\"]}").ok().toString()).isEqualTo("{}");
    refused("{}", "SearchDatasets request must specify at least one experiment_id.");
    refused(
        "{\"experiment_ids\":[" + "\"1\",".repeat(20) + "\"1\"]}",
        "SearchDatasets request cannot specify more than 20 experiment_ids. Received 21 experiment_ids.");
    assertThat(store.post(SEARCH, "{\"experiment_ids\":[\"x\"]}").ok().toString()).isEqualTo("{}");
  }

  @Test
  @Point(12)
  void boundsWhatADataSetMayBe() {
    var run = store.run("0");
    logged(run, "x".repeat(501), "abc", "").refused(400, "INVALID_PARAMETER_VALUE", "Dataset name");
    logged(run, "x", "d".repeat(37), "")
        .refused(400, "INVALID_PARAMETER_VALUE", "Dataset digest exceeds the maximum length of 36");
    logged(run, "x".repeat(500), "d".repeat(36), "").ok();
  }

  private static void log(String run, String name, String digest, String tags) {
    logged(run, name, digest, tags).ok();
  }

  private static RunningStore.Answer logged(String run, String name, String digest, String tags) {
    return store.post(
        "runs/log-inputs",
        """
        {"run_id":"%s","datasets":[{%s"dataset":{"name":"%s","digest":"%s","source_type":"s","source":"s"}}]}
        """
            .formatted(run, tags, name, digest));
  }

  private static void refused(String body, String message) {
    store.post(SEARCH, body).refused(400, "INVALID_PARAMETER_VALUE", message);
  }
}
