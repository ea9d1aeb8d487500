package dev.millrace.store.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.failure.StoreException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArtifactPathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "..",
        "../x",
        "a/../../b",
        "a/..",
        "a/./b",
        "%2e%2e/x",
        "..%2fx",
        "..%2F..%2Fx",
        "%252e%252e/x",
        "%252e%252e%252fx",
        "%25252e%25252e/x",
        "/etc/passwd",
        "%2fetc/passwd",
        "a//b",
        "a/",
        "C:/x",
        "C:%5Cx",
        "..%5Cx",
        "a\\b",
        "a%00b",
        "a%0Ab"
      })
  void refusesWhatLeavesTheFolderAtAnyDepthOfDecoding(String encoded) {
    assertThatThrownBy(() -> ArtifactPath.ofUrl(encoded))
        .isInstanceOf(StoreException.class)
        .hasMessage("Invalid path");
  }

  @Test
  void refusesNamesThatNoFileSystemTakes() {
    assertThatThrownBy(() -> ArtifactPath.ofUrl("x".repeat(256))).hasMessage("Invalid path");
  }

  @Test
  void decodesOnce() {
    assertThat(ArtifactPath.ofUrl("a/b%20c.txt").text()).isEqualTo("a/b c.txt");
    assertThat(ArtifactPath.ofUrl("100%25.txt").text()).isEqualTo("100%.txt");
    assertThat(ArtifactPath.ofUrl("a+b").text()).isEqualTo("a+b");
    assertThat(ArtifactPath.ofUrl("gr%C3%B6%C3%9Fe").text()).isEqualTo("größe");
    assertThat(ArtifactPath.ofUrl("...dots/a..b").text()).isEqualTo("...dots/a..b");
  }

  @Test
  void aFolderMayEndWithASlash() {
    assertThat(ArtifactPath.ofFolder("a/b/").text()).isEqualTo("a/b");
    assertThat(ArtifactPath.ofFolder("").text()).isEmpty();
  }

  @Test
  void resolvesOnlyBelowItself() {
    var root = new ArtifactPath("0/run/artifacts");
    assertThat(root.resolve("model").text()).isEqualTo("0/run/artifacts/model");
    assertThat(root.resolve("")).isEqualTo(root);
    assertThatThrownBy(() -> root.resolve("..")).hasMessage("Invalid path");
  }
}
