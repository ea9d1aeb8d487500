package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.UnfitValueException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JsonParser;

/** The columns of records: the keys of the first one, which the others may have in any order. */
final class RecordColumns {
  private final Map<String, Integer> places = new LinkedHashMap<>();
  private final BitSet met = new BitSet();
  private int[] order = new int[8];
  private int count;
  private final DeclaredColumns declared;

  /** Those that are declared, or else those of the first record. */
  RecordColumns(DeclaredColumns declared) {
    this.declared = declared;
    declared.names().forEach(name -> places.put(name, places.size()));
  }

  /** A column that the first record lacks is a mistake rather than missing numbers. */
  void requireComplete(boolean firstRecord) {
    if (!firstRecord || declared.isEmpty()) {
      return;
    }
    for (int place = met.nextClearBit(0);
        place < places.size();
        place = met.nextClearBit(place + 1)) {
      declared.requireOptional(place);
    }
  }

  /** Throws UnfitValueException where the value of the key that was met is none of its column. */
  void check(JsonParser json) {
    if (!declared.isEmpty()) {
      declared.check(order[count - 1], json);
    }
  }

  /** A key of the record, whose value follows; false where the model does not take it. */
  boolean meet(String name, boolean firstRecord) {
    if (!declared.isEmpty() && !places.containsKey(name)) {
      return false;
    }
    boolean first = firstRecord && declared.isEmpty();
    var place = first ? places.putIfAbsent(name, places.size()) : places.get(name);
    if (first && place == null) {
      place = places.size() - 1;
    } else if (place == null) {
      throw new UnfitValueException(
          "the record has a column '%s', which the first has not".formatted(name));
    } else if (met.get(place)) {
      throw new UnfitValueException("the column '%s' is there twice".formatted(name));
    }
    met.set(place);
    add(place);
    return true;
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
