package dev.millrace.store.edge;

import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.failure.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a request asks with, from its JSON body or its query string. Names are snake case; camel
 * case is found too. A JSON null is an absent value.
 */
public final class Parameters {
  private static final Pattern WHOLE_NUMBER = Pattern.compile("[+-]?\\d{1,19}");
  private static final Pattern UNDERSCORE = Pattern.compile("_([a-z])");

  private final JsonNode node;
  private final String prefix;

  /** The parameters in an object. */
  public Parameters(JsonNode node) {
    this(node, "");
  }

  private Parameters(JsonNode node, String prefix) {
    this.node = node;
    this.prefix = prefix;
  }

  /** The name with the place of this object in front, {@code metrics[0].key} for instance. */
  public String path(String name) {
    return prefix + name;
  }

  /** Whether there is a value. */
  public boolean has(String name) {
    return find(name) != null;
  }

  /** A text that must be there and not empty. */
  public String required(String name) {
    var value = text(name);
    if (value == null || value.isEmpty()) {
      throw StoreException.withoutParameter(path(name));
    }
    return value;
  }

  /** A text that must be there, but may be empty. */
  public String requiredOrEmpty(String name) {
    present(name);
    return text(name, "");
  }

  /** A text, or null. */
  public @Nullable String text(String name) {
    var value = find(name);
    if (value != null && !value.isString()) {
      throw wrongType(name, value);
    }
    return value == null ? null : value.asString();
  }

  /** A text, or the fallback. */
  public String text(String name, String fallback) {
    return Objects.requireNonNullElse(text(name), fallback);
  }

  /** An int64, or null; may be written as text. */
  public @Nullable Long number(String name) {
    var value = find(name);
    return value == null ? null : wholeNumber(name, value);
  }

  /** An int64, or the fallback. */
  public long number(String name, long fallback) {
    return Objects.requireNonNullElse(number(name), fallback);
  }

  /** An int64 that must be there. */
  public long requiredNumber(String name) {
    return wholeNumber(name, present(name));
  }

  /** A double that must be there; NaN and infinities are written as text. */
  public double requiredDouble(String name) {
    var value = present(name);
    if (value.isNumber()) {
      return value.asDouble();
    }
    if (!value.isString()) {
      throw wrongType(name, value);
    }
    try {
      return Double.parseDouble(value.asString());
    } catch (NumberFormatException _) {
      throw wrongType(name, value);
    }
  }

  /** Whether a flag is there and true. */
  public boolean isSet(String name) {
    var value = find(name);
    if (value == null) {
      return false;
    }
    if (value.isBoolean()) {
      return value.asBoolean();
    }
    return switch (value.isString() ? value.asString() : "") {
      case "true", "True" -> true;
      case "false", "False" -> false;
      default -> throw wrongType(name, value);
    };
  }

  /** A list of texts; a single text is a list of one, as query strings write it. */
  public List<String> texts(String name) {
    var value = find(name);
    if (value != null && value.isString()) {
      return List.of(value.asString());
    }
    var texts = new ArrayList<String>();
    for (JsonNode element : elements(name, value)) {
      // Ids of experiments come as numbers from some clients.
      if (!element.isString() && !element.isIntegralNumber()) {
        throw wrongType(name, element);
      }
      texts.add(element.asString());
    }
    return texts;
  }

  /** A list of objects. */
  public List<Parameters> objects(String name) {
    var objects = new ArrayList<Parameters>();
    for (JsonNode element : elements(name, find(name))) {
      var place = path(name) + "[" + objects.size() + "]";
      if (!element.isObject()) {
        throw wrongType(place, element);
      }
      objects.add(new Parameters(element, place + "."));
    }
    return objects;
  }

  /** One object, or null. */
  public @Nullable Parameters object(String name) {
    var value = find(name);
    if (value != null && !value.isObject()) {
      throw wrongType(name, value);
    }
    return value == null ? null : new Parameters(value, path(name) + ".");
  }

  /** A list of tags; a tag without a value has an empty one. */
  public List<Tag> tags(String name) {
    return objects(name).stream()
        .map(tag -> new Tag(tag.required("key"), tag.text("value", "")))
        .toList();
  }

  /** A list of params; a param without a value has an empty one. */
  public List<Param> params(String name) {
    return objects(name).stream()
        .map(param -> new Param(param.required("key"), param.text("value", "")))
        .toList();
  }

  /** {@code max_results}, which must lie between 1 and the most. */
  public int maxResults(int fallback, int most) {
    var value = number("max_results", fallback);
    if (value < 1) {
      throw StoreException.invalid(
          "Invalid value %s for parameter 'max_results' supplied. It must be a positive integer"
              .formatted(value));
    }
    if (value > most) {
      throw StoreException.invalid(
          "Invalid value %s for parameter 'max_results' supplied. It must be at most %s"
              .formatted(value, most));
    }
    return (int) value;
  }

  private JsonNode present(String name) {
    var value = find(name);
    if (value == null) {
      throw StoreException.withoutParameter(path(name));
    }
    return value;
  }

  private @Nullable JsonNode find(String name) {
    var value = node.get(name);
    if (value == null) {
      value =
          node.get(
              UNDERSCORE
                  .matcher(name)
                  .replaceAll(match -> match.group(1).toUpperCase(Locale.ROOT)));
    }
    return value == null || value.isNull() ? null : value;
  }

  private Iterable<JsonNode> elements(String name, @Nullable JsonNode value) {
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw wrongType(name, value);
    }
    return value;
  }

  private long wholeNumber(String name, JsonNode value) {
    var text = value.isString() || value.isIntegralNumber() ? value.asString() : "";
    if (value.isNumber()
        && !value.isIntegralNumber()
        && value.asDouble() == Math.rint(value.asDouble())) {
      // Some clients write whole numbers as 5.0.
      return (long) value.asDouble();
    }
    try {
      if (WHOLE_NUMBER.matcher(text).matches()) {
        return Long.parseLong(text);
      }
    } catch (NumberFormatException _) {
      // Nineteen digits may still be too large for int64.
    }
    throw wrongType(name, value);
  }

  private StoreException wrongType(String name, JsonNode value) {
    return StoreException.invalid(
        "Invalid value %s for parameter '%s' supplied:  Hint: Value was of type '%s'. See the API docs for more information about request parameters."
            .formatted(
                shortened(value.toString()),
                name.startsWith(prefix) ? name : path(name),
                typeName(value)));
  }

  private static String shortened(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "...";
  }

  private static String typeName(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "str";
      case NUMBER -> value.isIntegralNumber() ? "int" : "float";
      case BOOLEAN -> "bool";
      case ARRAY -> "list";
      case OBJECT, POJO -> "dict";
      case NULL, MISSING, BINARY -> "NoneType";
    };
  }
}
