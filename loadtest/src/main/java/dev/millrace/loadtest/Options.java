package dev.millrace.loadtest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The command line after the command: `--name value` pairs and flags, each known. */
final class Options {
  private final Map<String, String> values = new LinkedHashMap<>();

  private Options() {}

  static Options parse(List<String> arguments, Set<String> names, Set<String> flags) {
    var options = new Options();
    for (var iterator = arguments.iterator(); iterator.hasNext(); ) {
      var name = iterator.next();
      if (flags.contains(name)) {
        options.values.put(name, "true");
      } else if (!names.contains(name)) {
        throw new IllegalArgumentException("Option '" + name + "' is not known. See -h.");
      } else if (!iterator.hasNext()) {
        throw new IllegalArgumentException("Option '" + name + "' wants a value. See -h.");
      } else {
        options.values.put(name, iterator.next());
      }
    }
    return options;
  }

  boolean has(String flag) {
    return values.containsKey(flag);
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  String required(String name) {
    return text(name)
        .orElseThrow(() -> new IllegalArgumentException(name + " is missing. See -h."));
  }

  /** The value as a number, or another one when the option is not there. */
  int number(String name, int otherwise) {
    return text(name).map(text -> number(name, text)).orElse(otherwise);
  }

  /** A list separated by commas. */
  <T> List<T> list(String name, String otherwise, Function<String, T> parse) {
    return List.of(text(name).orElse(otherwise).split(",", -1)).stream()
        .map(String::strip)
        .map(parse)
        .toList();
  }

  static int number(String name, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          name + " is '" + text + "', but has to be a whole number.", e);
    }
  }
}
