package dev.millrace.serving.api.tfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.api.json.ModelTarget;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TfsTargetTest {
  private final TfsDialect dialect =
      new TfsDialect(new VersionNames(new LiveLabels(Set.of("champion"))));

  @Test
  void findsModelAndVersion() {
    assertThat(target("/v1/models/iris:predict")).isEqualTo(new ModelTarget("iris", null));
    assertThat(target("/v1/models/iris/versions/12:classify"))
        .isEqualTo(new ModelTarget("iris", "12"));
    assertThat(target("http://host:1/v1/models/i%20s:regress?q=:predict"))
        .isEqualTo(new ModelTarget("i s", null));
  }

  @Test
  void takesLabelsOfTheLiveVersion() {
    assertThat(target("/v1/models/iris/labels/stable:predict").version()).isNull();
    assertThat(target("/v1/models/iris/labels/champion:explain").version()).isNull();
    assertThatThrownBy(() -> target("/v1/models/iris/labels/canary:predict"))
        .hasMessage(
            "Unrecognized servable version label: canary. Model 'iris' has the labels [champion, stable], which all mean its live version.");
  }

  @Test
  void wantsVersionsToBeNumbers() {
    assertThatThrownBy(() -> target("/v1/models/iris/versions/two:predict"))
        .hasMessageStartingWith("Failed to convert version: two to numeric.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/models/iris",
        "/v1/models/:predict",
        "/v1/models/a:b:predict",
        "/v1/models/iris/versions/:predict",
        "/v1/models/iris/versions/1/labels/a:predict",
        "/v1/models/iris:predicts",
        "/v2/models/iris:predict",
        "/v1/models/iris/metadata",
        ":predict",
        ""
      })
  void leavesOtherTargetsAlone(String uri) {
    assertThat(dialect.takes(uri)).isFalse();
  }

  private ModelTarget target(String uri) {
    assertThat(dialect.takes(uri)).isTrue();
    return dialect.target(uri, EmptyHttpHeaders.INSTANCE);
  }
}
