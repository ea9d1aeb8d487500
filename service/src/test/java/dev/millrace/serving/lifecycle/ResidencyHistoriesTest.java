package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeDevices.CPU;
import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Generated histories of requests, leases and memory that others take, on the real catalog. All
 * models are equally large.
 */
class ResidencyHistoriesTest {
  private static final int HISTORIES = 12;
  private static final int STEPS = 120;
  private static final int MODELS = 12;
  private static final long COPY = 1_000;
  private static final int ROOM = 8;
  private static final int MOST_LEASES = 3;

  @Test
  void unloadTheLeastRecentlyUsedThatNobodyHoldsAndNoMoreThanNeeded() {
    int unloaded = 0;
    for (int seed = 0; seed < HISTORIES; seed++) {
      try (var history = new History(seed)) {
        unloaded += history.play();
      } catch (AssertionError e) {
        throw new AssertionError("Seed " + seed, e);
      }
    }
    assertThat(unloaded).isGreaterThan(HISTORIES * STEPS / 10);
  }

  private static final class History implements AutoCloseable {
    private final SplittableRandom random;
    private final FakeDevices devices = new FakeDevices(ROOM * COPY);
    private final FakeEngine engine =
        new FakeEngine(
            devices,
            new PlacementLimits(ROOM * COPY, 1, 0, 10, FakeEngine.LIMIT),
            ModelSettings.defaults());

    private final Map<String, ModelLease> leases = new HashMap<>();

    /** When each model was used last: how many loads there had been. */
    private final Map<String, Integer> lastUse = new HashMap<>();

    private long takenByOthers;
    private int loads;

    History(long seed) {
      random = new SplittableRandom(seed);
      engine.runtime().takes(COPY);
      for (int i = 0; i < MODELS; i++) {
        var name = "m" + i;
        engine.placements().ledger().learn(name, COPY);
        use(name, () -> engine.rollout().serve(candidate(name, "1", "2")));
      }
    }

    /** How many models were unloaded. */
    int play() {
      int unloaded = 0;
      for (int step = 0; step < STEPS; step++) {
        var name = "m" + random.nextInt(1 + random.nextInt(MODELS));
        switch (random.nextInt(8)) {
          case 0 -> squeeze();
          case 1 -> hold(name);
          case 2 -> giveBack();
          default -> unloaded += use(name, () -> {});
        }
      }
      return unloaded;
    }

    private void squeeze() {
      devices.give(CPU, takenByOthers);
      takenByOthers = random.nextLong(2 * COPY);
      takenByOthers = devices.take(CPU, takenByOthers) ? takenByOthers : 0;
    }

    private void hold(String name) {
      if (leases.size() < MOST_LEASES && !leases.containsKey(name) && loaded().contains(name)) {
        leases.put(name, engine.catalog().lease(name, null));
        lastUse.put(name, loads);
      }
    }

    private void giveBack() {
      leases.values().stream().limit(1).forEach(ModelLease::close);
      leases.keySet().stream().findFirst().ifPresent(leases::remove);
    }

    private int use(String name, Runnable first) {
      var before = loaded();
      long room = devices.memory(CPU).freeBytes();
      first.run();
      try (var answer = engine.inference().inferAndWait(request(name, 1, 2), FakeEngine.LIMIT)) {
        assertThat(answer.outputs()).hasSize(1);
      }
      var unloaded = new HashSet<>(before);
      unloaded.removeAll(loaded());
      boolean fits = before.contains(name) || room >= COPY;
      assertThat(unloaded).hasSize(fits ? 0 : 1);
      loads += before.contains(name) ? 0 : 1;
      lastUse.put(name, loads);
      before.removeAll(unloaded);
      unloaded.forEach(gone -> checkOldest(gone, before));
      return unloaded.size();
    }

    private void checkOldest(String gone, Set<String> staying) {
      assertThat(leases).doesNotContainKey(gone);
      assertThat(staying)
          .allMatch(name -> leases.containsKey(name) || usedAt(name) >= usedAt(gone));
    }

    private int usedAt(String name) {
      return lastUse.getOrDefault(name, 0);
    }

    private Set<String> loaded() {
      return engine.catalog().entries().stream()
          .filter(model -> model.serving().live() != null)
          .map(ServedModel::name)
          .collect(Collectors.toCollection(HashSet::new));
    }

    @Override
    public void close() {
      leases.values().forEach(ModelLease::close);
      engine.close();
    }
  }
}
