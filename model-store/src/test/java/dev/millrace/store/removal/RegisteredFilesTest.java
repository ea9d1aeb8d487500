package dev.millrace.store.removal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RegisteredFilesTest {
  private final RegisteredFiles files = new RegisteredFiles();

  @Test
  void keepsTheRunAVersionNamesAndTheFolderItLiesIn() {
    files.add("version 1 of 'a'", "run1", "s3://elsewhere/x");
    files.add("version 2 of 'a'", "", "mlflow-artifacts:/0/run2/%61rtifacts/model/");
    files.add("version 3 of 'a'", null, "s3://bucket/models/m-1/artifacts");
    assertThat(files.keeping(run("run1", "mlflow-artifacts:/0/run1/artifacts")))
        .contains("version 1 of 'a'");
    assertThat(files.keeping(run("run2", "mlflow-artifacts:/0/run2/artifacts")))
        .contains("version 2 of 'a'");
    assertThat(
            files.keeping(
                new Candidate(
                    Kind.LOGGED_MODEL,
                    "m-1",
                    "s3://bucket/models/m-1/artifacts",
                    "deleted",
                    "0",
                    0)))
        .contains("version 3 of 'a'");
    assertThat(files.keeping(run("run3", "mlflow-artifacts:/0/run/artifacts"))).isEmpty();
  }

  @Test
  void placesOverlapWhenOneLiesInTheOther() {
    assertThat(RegisteredFiles.overlap("mlflow-artifacts:/1", "mlflow-artifacts:/1/")).isTrue();
    assertThat(RegisteredFiles.overlap("mlflow-artifacts:/1", "mlflow-artifacts:/1/a")).isTrue();
    assertThat(RegisteredFiles.overlap("mlflow-artifacts:/1/a", "mlflow-artifacts:///1")).isTrue();
    assertThat(RegisteredFiles.overlap("mlflow-artifacts:/", "mlflow-artifacts:/1")).isTrue();
    assertThat(RegisteredFiles.overlap("mlflow-artifacts:/1", "mlflow-artifacts:/10")).isFalse();
  }

  private static Candidate run(String id, String location) {
    return new Candidate(Kind.RUN, id, location, "deleted", "0", 0);
  }
}
