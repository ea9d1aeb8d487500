package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.UnfitValueException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** The columns of records: the keys of the first one, which the others may have in any order. */
final class RecordColumns {
  private final Map<String, Integer> places = new HashMap<>();
  private final BitSet met = new BitSet();
  private int[] order = new int[8];
  private int count;

  boolean isEmpty() {
    return places.isEmpty();
  }

  /** A key of the record, whose value follows. */
  void meet(String name, boolean firstRecord) {
    var place = firstRecord ? places.putIfAbsent(name, places.size()) : places.get(name);
    if (firstRecord && place == null) {
      place = places.size() - 1;
    } else if (place == null) {
      throw new UnfitValueException(
          "the record has a column '%s', which the first has not".formatted(name));
    } else if (met.get(place)) {
      throw new UnfitValueException("the column '%s' is there twice".formatted(name));
    }
    met.set(place);
    add(place);
  }

  /** How many columns the record lacks; their values have to follow. */
  int missing() {
    return places.size() - count;
  }

  /** The place of each value of the record, those that it lacks at the end. */
  int[] endRecord() {
    for (int place = met.nextClearBit(0);
        place < places.size();
        place = met.nextClearBit(place + 1)) {
      add(place);
    }
    met.clear();
    count = 0;
    return order;
  }

  private void add(int place) {
    if (count == order.length) {
      order = Arrays.copyOf(order, 2 * count);
    }
    order[count++] = place;
  }
}
