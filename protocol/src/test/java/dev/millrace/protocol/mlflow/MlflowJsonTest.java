package dev.millrace.protocol.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

class MlflowJsonTest {
  private final JsonMapper json = MlflowJson.mapper();

  @Test
  void writesSnakeCaseWithNumbersAndBothNamesOfTheRun() {
    assertThat(json.writeValueAsString(info()))
        .isEqualTo(
            """
            {"run_id":"r1","run_name":"first","experiment_id":"7","status":"RUNNING","start_time":1700000000000,\
            "artifact_uri":"mlflow-artifacts:/7/r1/artifacts","lifecycle_stage":"active","run_uuid":"r1"}""");
  }

  @Test
  void readsBackWhatItWrote() {
    var run =
        new Run(
            info(),
            new RunData(
                List.of(new Metric("loss", 0.5, 12, -3)), List.of(), List.of(new Tag("a", "b"))),
            new RunInputs(List.of(), List.of(new ModelInput("m-1"))),
            new RunOutputs(List.of(new ModelOutput("m-2", 4))));
    assertThat(json.readValue(json.writeValueAsString(run), Run.class)).isEqualTo(run);
  }

  @Test
  void writesDoublesThatJsonCannotCarryAsTextAndReadsThem() {
    var text = json.writeValueAsString(new Metric("loss", Double.NaN, 1, 0));
    assertThat(text).isEqualTo("{\"key\":\"loss\",\"value\":\"NaN\",\"timestamp\":1,\"step\":0}");
    assertThat(json.readValue(text, Metric.class).value()).isNaN();
    assertThat(json.readValue(text.replace("NaN", "-Infinity"), Metric.class).value())
        .isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void readsNumbersWrittenAsText() {
    var metric =
        json.readValue(
            "{\"key\":\"a\",\"value\":1,\"timestamp\":\"5\",\"step\":\"-2\"}", Metric.class);
    assertThat(metric).isEqualTo(new Metric("a", 1.0, 5, -2));
  }

  @Test
  void leavesEmptyListsOutAndTakesAbsentOnesAsEmpty() {
    assertThat(json.writeValueAsString(new RunData(List.of(), List.of(), List.of())))
        .isEqualTo("{}");
    assertThat(json.readValue("{}", RunData.class).metrics()).isEmpty();
    assertThat(json.readValue("{\"params\":null}", RunData.class).params()).isEmpty();
  }

  @Test
  void keepsTheMarkOfAFolderEvenWhenItIsFalse() {
    assertThat(json.writeValueAsString(new FileInfo("a.txt", false, 3L)))
        .isEqualTo("{\"path\":\"a.txt\",\"is_dir\":false,\"file_size\":3}");
    assertThat(json.readValue("{\"path\":\"a\",\"is_dir\":true}", FileInfo.class))
        .isEqualTo(new FileInfo("a", true, null));
  }

  @Test
  void ignoresFieldsThatNewerServersAdd() {
    var version =
        json.readValue("{\"name\":\"m\",\"version\":\"3\",\"metrics\":[]}", ModelVersion.class);
    assertThat(version.version()).isEqualTo("3");
    assertThat(version.aliases()).isEmpty();
  }

  @Test
  void refusesAVersionWithoutItsNumber() {
    assertThatThrownBy(() -> json.readValue("{\"name\":\"m\"}", ModelVersion.class))
        .isInstanceOf(JacksonException.class)
        .hasMessageContaining("version");
  }

  private static RunInfo info() {
    return new RunInfo(
        "r1",
        "first",
        "7",
        null,
        RunStatus.RUNNING,
        1_700_000_000_000L,
        null,
        "mlflow-artifacts:/7/r1/artifacts",
        "active");
  }
}
