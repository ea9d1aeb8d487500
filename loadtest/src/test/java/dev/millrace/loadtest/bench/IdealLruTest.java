package dev.millrace.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdealLruTest {
  private final IdealLru cache = new IdealLru(2);

  @Test
  void whatWasUsedLongestAgoGoesFirst() {
    assertThat(cache.hit(1)).isFalse();
    assertThat(cache.hit(2)).isFalse();
    assertThat(cache.hit(1)).isTrue();
    assertThat(cache.hit(3)).isFalse();
    assertThat(cache.hit(1)).isTrue();
    assertThat(cache.hit(2)).isFalse();
  }

  @Test
  void stateDependsOnlyOnTheLastModelsUsed() {
    var fresh = new IdealLru(2);
    for (var model : new int[] {9, 8, 7, 1, 2}) {
      var _ = cache.hit(model);
    }
    for (var model : new int[] {1, 2}) {
      var _ = fresh.hit(model);
    }
    for (var model : new int[] {2, 3, 1, 2, 3, 3}) {
      assertThat(cache.hit(model)).isEqualTo(fresh.hit(model));
    }
  }
}
