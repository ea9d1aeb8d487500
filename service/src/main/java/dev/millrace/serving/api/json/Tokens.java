package dev.millrace.serving.api.json;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Names values of a request for people. */
public final class Tokens {
  private static final int MOST_SHOWN = 40;

  private Tokens() {}

  /** The value that the parser is at; a number is shown as the client wrote it. */
  public static String shown(JsonParser json) {
    var token = json.currentToken();
    return switch (token) {
      case START_OBJECT, PROPERTY_NAME, END_OBJECT -> "an object";
      case START_ARRAY, END_ARRAY -> "a list";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> shortened(json.getString());
      case VALUE_TRUE -> "true";
      case VALUE_FALSE -> "false";
      case VALUE_NULL -> "null";
      case null, default -> "nothing";
    };
  }

  /** A text, cut off where it is long. */
  public static String shortened(String text) {
    return text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "…";
  }

  static boolean isNumber(JsonParser json) {
    var token = json.currentToken();
    return token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT;
  }
}
