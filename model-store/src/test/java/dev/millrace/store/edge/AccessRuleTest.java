package dev.millrace.store.edge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AccessRuleTest {
  private final AccessRule open = new AccessRule("");
  private final AccessRule guarded = new AccessRule("secret");

  @Test
  void withoutATokenEverybodyMayAsk() {
    assertThat(open.allowsToken("/api", null)).isTrue();
  }

  @Test
  void withATokenOnlyHealthIsOpen() {
    assertThat(guarded.allowsToken("/health", null)).isTrue();
    assertThat(guarded.allowsToken("/api", null)).isFalse();
    assertThat(guarded.allowsToken("/api", "Bearer secre")).isFalse();
    assertThat(guarded.allowsToken("/api", "secret")).isFalse();
    assertThat(guarded.allowsToken("/api", "Bearer secret")).isTrue();
  }

  @Test
  void readingIsAllowedFromAnyPage() {
    assertThat(open.allowsOrigin("GET", "http://evil.example", "localhost:5000")).isTrue();
  }

  @Test
  void writingIsAllowedFromPagesOfThisMachine() {
    assertThat(open.allowsOrigin("POST", null, "localhost:5000")).isTrue();
    assertThat(open.allowsOrigin("POST", "http://127.0.0.1:8080", "localhost:5000")).isTrue();
    assertThat(open.allowsOrigin("POST", "http://[::1]:8080", "localhost:5000")).isTrue();
    assertThat(open.allowsOrigin("POST", "null", "localhost:5000")).isFalse();
    assertThat(open.allowsOrigin("POST", "::", "localhost:5000")).isFalse();
  }

  @Test
  void aForeignNameForThisMachineIsNoProofWithoutAToken() {
    assertThat(open.allowsOrigin("POST", "http://evil.example:5000", "evil.example:5000"))
        .isFalse();
    assertThat(guarded.allowsOrigin("POST", "http://store.example", "store.example")).isTrue();
  }
}
