package dev.millrace.store.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SourceRulesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://bucket/model",
        "mlflow-artifacts:/0/run/artifacts/model",
        "mlflow-artifacts:///0/run/artifacts/model",
        "gs://bucket/a b/c",
        "hdfs://name/a..b"
      })
  void takesAbsoluteLocations(String source) {
    assertThatCode(() -> SourceRules.check(source)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"model", "/etc", "file:/etc", "FILE:///etc", "c:/x"})
  void refusesLocalPaths(String source) {
    assertThatThrownBy(() -> SourceRules.check(source))
        .hasMessageStartingWith("Invalid model version source: '" + source + "'. A local path");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlflow-artifacts:0/run",
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/a/../b",
        "s3://bucket/%2e%2e/b",
        "s3://bucket/%252e%252e/b",
        "s3://bucket/..%5Cb"
      })
  void refusesPathsThatLeadElsewhere(String source) {
    assertThatThrownBy(() -> SourceRules.check(source))
        .hasMessageEndingWith("Please provide an absolute path.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil", "evil:5000", "user@evil", "evil_host"})
  void refusesArtifactsOfAnotherHost(String host) {
    var source = "mlflow-artifacts://" + host + "/0/run/artifacts/model";
    assertThatThrownBy(() -> SourceRules.check(source))
        .hasMessageStartingWith(
            "Invalid model version source: '" + source + "' names the host '" + host + "';");
  }

  @Test
  void aFolderContainsItselfAndWhatIsBelowIt() {
    var owner = "mlflow-artifacts:/0/run/artifacts";
    assertThat(SourceRules.contains(owner, owner)).isTrue();
    assertThat(SourceRules.contains(owner, owner + "/")).isTrue();
    assertThat(SourceRules.contains(owner, owner + "/model")).isTrue();
    assertThat(SourceRules.contains(owner, owner + "-of-others")).isFalse();
    assertThat(SourceRules.contains(owner, "mlflow-artifacts:/0/other/artifacts")).isFalse();
  }
}
