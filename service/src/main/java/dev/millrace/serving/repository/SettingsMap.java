package dev.millrace.serving.repository;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of a YAML file of settings. What it holds beyond the known keys, or in another form,
 * is refused with the place where it stands.
 */
final class SettingsMap {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(us|ms|s|m|h)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,12})(B|KB|MB|GB)?");
  private static final int MOST_ITEMS = 1_000;

  private final String place;
  private final Map<?, ?> values;

  /**
   * Takes what was read from a file.
   *
   * @param place how messages name it: the file, or the file and the keys above
   */
  static SettingsMap of(String place, Object read) {
    if (read instanceof Map<?, ?> map) {
      return new SettingsMap(place, map);
    }
    throw new IllegalArgumentException(
        "%s is '%s'; it must be keys with values".formatted(place, read));
  }

  private SettingsMap(String place, Map<?, ?> values) {
    this.place = place;
    this.values = values;
  }

  /** Refuses keys that nobody would read. */
  void requireOnly(Set<String> known) {
    for (var key : values.keySet()) {
      if (!known.contains(String.valueOf(key))) {
        throw new IllegalArgumentException(
            "%s has the key '%s'; known are %s"
                .formatted(place, key, known.stream().sorted().toList()));
      }
    }
  }

  /** The keys, as text. */
  List<String> keys() {
    return values.keySet().stream().map(String::valueOf).toList();
  }

  boolean has(String key) {
    return values.get(key) != null;
  }

  /** A whole number. */
  int whole(String key, int otherwise) {
    return value(key, otherwise, "a whole number", text -> Integer.parseInt(text));
  }

  /** Any number. */
  double number(String key, double otherwise) {
    return value(key, otherwise, "a number", SettingsMap::finite);
  }

  /** Written as {@code 500us}, {@code 20ms}, {@code 2s}, {@code 5m} or {@code 1h}. */
  Duration duration(String key, Duration otherwise) {
    return value(key, otherwise, "a time such as 500us, 20ms, 2s or 5m", SettingsMap::duration);
  }

  /** Written as {@code 64MB} or in bytes. */
  long bytes(String key, long otherwise) {
    return value(key, otherwise, "a size such as 512KB, 64MB or 1GB", SettingsMap::size);
  }

  /** True or false. */
  boolean flag(String key, boolean otherwise) {
    return value(key, otherwise, "true or false", SettingsMap::truth);
  }

  /** A word. */
  String text(String key, String otherwise) {
    return value(key, otherwise, "text", text -> text);
  }

  /** One of the constants of an enum, in lower case. */
  <E extends Enum<E>> E choice(String key, E otherwise) {
    var type = otherwise.getDeclaringClass();
    var names = new ArrayList<String>();
    for (var constant : type.getEnumConstants()) {
      names.add(constant.name().toLowerCase(Locale.ROOT));
    }
    return value(
        key,
        otherwise,
        "one of " + names,
        text -> Enum.valueOf(type, text.toUpperCase(Locale.ROOT)));
  }

  /** Whole numbers. */
  List<Integer> wholes(String key, List<Integer> otherwise) {
    return has(key)
        ? list(key).stream()
            .map(item -> parse(key, item, "a list of whole numbers", Integer::parseInt))
            .toList()
        : otherwise;
  }

  /** Words. */
  List<String> words(String key, List<String> otherwise) {
    return has(key)
        ? list(key).stream().map(item -> parse(key, item, "a list of words", text -> text)).toList()
        : otherwise;
  }

  /** Any numbers by name. */
  Map<String, Double> numbers(String key, Map<String, Double> otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    var named = map(key);
    var numbers = new HashMap<String, Double>();
    texts(key, Map.of())
        .forEach(
            (name, text) ->
                numbers.put(name, named.parse(name, text, "a number", SettingsMap::finite)));
    return numbers;
  }

  /** Plain values by name. */
  Map<String, String> texts(String key, Map<String, String> otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    var named = map(key);
    var texts = new HashMap<String, String>();
    named.values.keySet().forEach(name -> texts.put(String.valueOf(name), named.plain(name)));
    return texts;
  }

  /** Mappings in a list. */
  List<SettingsMap> maps(String key) {
    return list(key).stream().map(item -> of(at(key), item)).toList();
  }

  /** A mapping; an empty one where the key is absent. */
  SettingsMap map(String key) {
    Object value = values.get(key);
    for (var entry : values.entrySet()) {
      // YAML reads 1 as a number.
      value = String.valueOf(entry.getKey()).equals(key) ? entry.getValue() : value;
    }
    return of(at(key), value == null ? Map.of() : value);
  }

  private String plain(Object name) {
    Object value = values.get(name);
    if (value == null || value instanceof Map || value instanceof Iterable) {
      throw wrong(String.valueOf(name), value, "text, a number, true or false");
    }
    return String.valueOf(value);
  }

  private List<?> list(String key) {
    Object value = values.get(key);
    if (value instanceof List<?> list && list.size() <= MOST_ITEMS) {
      return list;
    }
    throw wrong(key, value, "a list of at most " + MOST_ITEMS);
  }

  private <T> T value(String key, T otherwise, String expected, Function<String, T> parser) {
    Object value = values.get(key);
    return value == null ? otherwise : parse(key, value, expected, parser);
  }

  private <T> T parse(String key, Object value, String expected, Function<String, T> parser) {
    try {
      return parser.apply(String.valueOf(value).strip());
    } catch (IllegalArgumentException | ArithmeticException e) {
      var refused = wrong(key, value, expected);
      refused.initCause(e);
      throw refused;
    }
  }

  private IllegalArgumentException wrong(String key, @Nullable Object value, String expected) {
    return new IllegalArgumentException(
        "%s is '%s'; it must be %s".formatted(at(key), value, expected));
  }

  private String at(String key) {
    return place + ": " + key;
  }

  private static double finite(String text) {
    double number = Double.parseDouble(text);
    if (!Double.isFinite(number)) {
      throw new IllegalArgumentException("not finite");
    }
    return number;
  }

  private static boolean truth(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("neither");
    };
  }

  private static Duration duration(String text) {
    var parts = DURATION.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("no unit");
    }
    long amount = Long.parseLong(parts.group(1));
    return Duration.ofNanos(Math.multiplyExact(amount, nanosOf(parts.group(2))));
  }

  private static long nanosOf(String unit) {
    return switch (unit) {
      case "us" -> 1_000L;
      case "ms" -> 1_000_000L;
      case "s" -> 1_000_000_000L;
      case "m" -> 60_000_000_000L;
      default -> 3_600_000_000_000L;
    };
  }

  private static long size(String text) {
    var parts = SIZE.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("no unit");
    }
    long amount = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "KB" -> Math.multiplyExact(amount, 1L << 10);
      case "MB" -> Math.multiplyExact(amount, 1L << 20);
      case "GB" -> Math.multiplyExact(amount, 1L << 30);
      case null, default -> amount;
    };
  }
}
