package dev.millrace.loadtest.bench;

import java.util.LinkedHashMap;

/**
 * A cache that drops exactly what was used longest ago: what a server that keeps so many models
 * loaded is compared with.
 */
final class IdealLru {
  private final LinkedHashMap<Integer, Integer> cached = new LinkedHashMap<>(16, 0.75f, true);
  private final int capacity;

  IdealLru(int capacity) {
    this.capacity = capacity;
  }

  /** Uses a model, and says whether it was there. */
  boolean hit(int model) {
    var wasThere = cached.put(model, model) != null;
    if (cached.size() > capacity) {
      cached.pollFirstEntry();
    }
    return wasThere;
  }
}
