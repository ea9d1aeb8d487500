package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A thousand models, room for fifty, and users who prefer some of them. */
class ZipfResidencyTest {
  private static final int MODELS = 1_000;
  private static final int ROOM = 50;
  private static final int REQUESTS = 6_000;

  @Test
  void hitsAsOftenAsAnIdealLeastRecentlyUsedCache() {
    try (var engine =
        new FakeEngine(
            new FakeDevices(1L << 40),
            new PlacementLimits(0, 1, ROOM, 10, FakeEngine.LIMIT),
            ModelSettings.defaults())) {
      var ideal = new Ideal();
      for (int i = 0; i < MODELS; i++) {
        engine.rollout().serve(candidate("m" + i, "1", "2"));
        ideal.use(i);
      }
      var zipf = new Zipf(new SplittableRandom(17));
      int hits = 0;
      int idealHits = 0;
      for (int i = 0; i < REQUESTS; i++) {
        int model = zipf.next();
        idealHits += ideal.use(model) ? 1 : 0;
        hits += wasLoaded(engine, "m" + model) ? 1 : 0;
      }
      assertThat((double) hits / REQUESTS).isCloseTo((double) idealHits / REQUESTS, within(0.02));
      assertThat(idealHits).isBetween(REQUESTS / 3, REQUESTS * 9 / 10);
      FakeEngine.await(() -> engine.runtime().openNow() == ROOM);
    }
  }

  private static boolean wasLoaded(FakeEngine engine, String model) {
    try (var answer = engine.inference().inferAndWait(request(model, 1, 2), FakeEngine.LIMIT)) {
      return answer.loadNanos() == 0;
    }
  }

  private static final class Ideal {
    private final LinkedHashSet<Integer> loaded = new LinkedHashSet<>();

    boolean use(int model) {
      boolean hit = loaded.remove(model);
      loaded.add(model);
      if (loaded.size() > ROOM) {
        loaded.removeFirst();
      }
      return hit;
    }
  }

  /** Model k is asked for in proportion to 1/k. */
  private static final class Zipf {
    private final SplittableRandom random;
    private final double[] cumulative = new double[MODELS];

    Zipf(SplittableRandom random) {
      this.random = random;
      double sum = 0;
      for (int i = 0; i < MODELS; i++) {
        sum += 1.0 / (i + 1);
        cumulative[i] = sum;
      }
    }

    int next() {
      int found = Arrays.binarySearch(cumulative, random.nextDouble(cumulative[MODELS - 1]));
      return found < 0 ? -found - 1 : found;
    }
  }
}
