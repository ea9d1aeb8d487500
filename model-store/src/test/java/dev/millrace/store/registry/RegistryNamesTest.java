package dev.millrace.store.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.Point;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"champion", "123", "Größte", "a-b_c", "v1x", "latest1"})
  @Point(23)
  void takesAliases(String alias) {
    assertThatCode(() -> RegistryNames.requireAlias(alias)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.b", "a b", "a/b", "v1", "V22", "latest", "LATEST"})
  void refusesAliasesThatUrisReadAsSomethingElse(String alias) {
    assertThatThrownBy(() -> RegistryNames.requireAlias(alias)).hasMessageContaining("alias");
  }

  @Test
  @Point({12, 23})
  void refusesLongNames() {
    assertThatThrownBy(() -> RegistryNames.requireAlias("a".repeat(256)))
        .hasMessage("'Registered model alias name' exceeds the maximum length of 255 characters");
    assertThatThrownBy(() -> RegistryNames.requireModelName("a".repeat(257)))
        .hasMessage("'Registered model name' exceeds the maximum length of 256 characters");
  }

  @Test
  void readsStagesInAnyCase() {
    assertThat(Stage.named("pRODUCTION")).isEqualTo(Stage.PRODUCTION);
    assertThat(Stage.PRODUCTION.label()).isEqualTo("Production");
    assertThat(Stage.NONE.isActive()).isFalse();
    assertThatThrownBy(() -> Stage.named("Live"))
        .hasMessage(
            "Invalid Model Version stage: Live. Value must be one of None, Staging, Production, Archived.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "1.0", "9999999999"})
  void refusesWhatIsNoVersion(String version) {
    assertThatThrownBy(() -> VersionId.of("m", version))
        .hasMessage("Parameter 'version' must be an integer, got '%s'.".formatted(version));
  }
}
