package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.lifecycle.PlacementHistory.Tally;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Thousands of generated histories; a failure names its seed. */
class PlacementHistoriesTest {
  private static final int HISTORIES = 1_500;

  @Test
  void unloadNoMoreThanTheLeastRecentlyUsedOfThoseThatAreIdleAndHelp() {
    var tallies = IntStream.range(0, HISTORIES).mapToObj(PlacementHistoriesTest::play).toList();
    // The generator reaches what the oracle is asked about.
    for (ToIntFunction<Tally> reached :
        List.<ToIntFunction<Tally>>of(
            tally -> tally.unloaded,
            tally -> tally.outnumbered,
            tally -> tally.refused,
            tally -> tally.eldersSpared,
            tally -> tally.eldersHeld,
            tally -> tally.ownKept,
            tally -> tally.fellBack)) {
      assertThat(tallies.stream().mapToInt(reached).sum()).isGreaterThan(HISTORIES / 20);
    }
  }

  private static Tally play(int seed) {
    try {
      return new PlacementHistory(seed).play();
    } catch (AssertionError e) {
      throw new AssertionError("Seed " + seed, e);
    }
  }
}
