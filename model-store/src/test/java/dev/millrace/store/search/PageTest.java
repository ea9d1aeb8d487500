package dev.millrace.store.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTest {
  @Test
  void theTokenOfAPageAsksForTheNext() {
    var first = Page.Request.of(2, null).of(List.of("a", "b", "c"));
    assertThat(first.items()).containsExactly("a", "b");
    assertThat(first.nextToken()).isEqualTo("eyJvZmZzZXQiOiAyfQ==");
    var second = Page.Request.of(2, first.nextToken());
    assertThat(second.offset()).isEqualTo(2);
    assertThat(second.of(List.of("c")).nextToken()).isNull();
  }

  @Test
  void readsTokensOfOtherWriters() {
    // {"offset":7}
    assertThat(Page.Request.of(1, "eyJvZmZzZXQiOjd9").offset()).isEqualTo(7);
    assertThat(Page.Request.of(1, "").offset()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"???", "abcd", "eyJvZmZzZXQiOi03fQ==", "bnVsbA=="})
  void refusesTokensThatNobodyGave(String token) {
    assertThatThrownBy(() -> Page.Request.of(1, token))
        .hasMessageStartingWith("Invalid page token");
  }
}
