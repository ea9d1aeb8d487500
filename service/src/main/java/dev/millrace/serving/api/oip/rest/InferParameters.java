package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.SequenceTag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields and parameters of one JSON object that Millrace knows: reads them by type, refuses
 * them twice.
 */
final class InferParameters {
  private final JsonReader json;
  private final List<String> seen = new ArrayList<>(8);

  InferParameters(JsonReader json) {
    this.json = json;
  }

  /** Notes that a field is there; the second time is refused, because clients mean only one. */
  void once(String field) {
    if (seen.contains(field)) {
      throw json.malformed("the key \"" + field + "\" is there twice");
    }
    seen.add(field);
  }

  /** A boolean parameter. */
  boolean bool(String field) {
    once(field);
    byte first = json.peek();
    if (first != 't' && first != 'f') {
      throw JsonReader.refusal("Unable to parse '" + field + "': expected true or false");
    }
    return json.bool();
  }

  /** A parameter that counts something, at most {@code most}; larger ones are taken as that. */
  long count(String field, long most) {
    once(field);
    byte first = json.peek();
    var number = first >= '0' && first <= '9' ? json.number() : null;
    if (number == null || !number.fitsUnsignedLong()) {
      throw JsonReader.refusal(
          "Unable to parse '" + field + "': expected a whole number, 0 or larger");
    }
    long value = number.toUnsignedLong();
    return Long.compareUnsigned(value, most) > 0 ? most : value;
  }

  /** The number or text that names a sequence; null for 0 and an empty one, which name none. */
  SequenceTag.@Nullable Id sequenceId(String field) {
    if (json.peek() == '"') {
      return SequenceTag.named(string(field));
    }
    once(field);
    byte first = json.peek();
    var number = first >= '0' && first <= '9' ? json.number() : null;
    if (number == null || !number.fitsUnsignedLong()) {
      throw JsonReader.refusal(
          "Unable to parse '" + field + "': expected a string, or a whole number below 2^64");
    }
    long value = number.toUnsignedLong();
    return value == 0 ? null : new SequenceTag.NumberId(value);
  }

  /** A string field. */
  String string(String field) {
    once(field);
    if (json.peek() != '"') {
      throw JsonReader.refusal("Unable to parse '" + field + "': expected a string");
    }
    return json.string();
  }

  /** Refuses an extension of the protocol that Millrace does not have. */
  static InferenceException unsupported(String parameter, String instead) {
    return new InferenceException(
        new InferenceFailure.Unsupported(
            "The parameter '%s' is not supported. %s".formatted(parameter, instead)));
  }
}
