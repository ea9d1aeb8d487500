package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.nio.ByteBuffer;

/**
 * Walks through one JSON text, value by value, without building a tree. Refuses whatever RFC 8259
 * refuses, and nesting deeper than {@link #MAX_DEPTH}.
 *
 * <p>An object is read as {@code for (var more = enterObject(); more; more = moreFields())}, an
 * array likewise. Not thread-safe; every method may throw {@link InferenceException} with {@link
 * InferenceFailure.Invalid}.
 */
final class JsonReader {
  static final int MAX_DEPTH = 100;

  private final ByteBuffer bytes;
  private final int end;
  private final JsonStrings strings;
  private final JsonNumber number;
  private int position;
  private int depth;

  /** Reads the bytes from position to limit. */
  JsonReader(ByteBuffer bytes) {
    this.bytes = bytes;
    this.position = bytes.position();
    this.end = bytes.limit();
    this.strings = new JsonStrings(this, bytes, end);
    this.number = new JsonNumber(bytes, end);
  }

  /** Where the next value starts; give it back to {@link #jumpTo}. */
  int mark() {
    peek();
    return position;
  }

  /** Continues at a mark of the same depth. */
  void jumpTo(int mark) {
    position = mark;
  }

  /** Bytes that are left. */
  int remaining() {
    return end - position;
  }

  /** The first byte of the next token, which is not consumed. */
  byte peek() {
    int at = position;
    while (at < end) {
      byte b = bytes.get(at);
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        position = at;
        return b;
      }
      at++;
    }
    position = at;
    throw malformed("the text ends where more was expected");
  }

  /** Consumes the brace that opens an object; false when the object is empty, and then closed. */
  boolean enterObject() {
    return enter('{', '}', "an object");
  }

  /** After a field: whether another one follows; consumes the comma or the closing brace. */
  boolean moreFields() {
    return more('}');
  }

  /** Consumes the bracket that opens an array; false when the array is empty, and then closed. */
  boolean enterArray() {
    return enter('[', ']', "an array");
  }

  /** After an element: whether another one follows; consumes the comma or the closing bracket. */
  boolean moreElements() {
    return more(']');
  }

  /** The name of a field and the colon behind it. */
  String key() {
    var key = string();
    if (peek() != ':') {
      throw malformed("expected ':' after the key \"" + key + "\"");
    }
    position++;
    return key;
  }

  /** A string. */
  String string() {
    position = strings.read(openingQuote());
    return strings.text();
  }

  /** A string, left in {@link JsonStrings} as UTF-8. */
  JsonStrings stringBytes() {
    position = strings.read(openingQuote());
    return strings;
  }

  /** A number, left in {@link JsonNumber}, which the next call overwrites. */
  JsonNumber number() {
    byte first = peek();
    if (first != '-' && (first < '0' || first > '9')) {
      throw noNumber(first);
    }
    if (!number.scan(position)) {
      throw badNumber();
    }
    position = number.end();
    return number;
  }

  /** Where to read runs of floats; {@link #jumpTo} their end. */
  FloatRun floatRun() {
    return new FloatRun(bytes, position, end);
  }

  /** A {@code true} or {@code false}. */
  boolean bool() {
    byte first = peek();
    if (first == 't') {
      literal("true");
      return true;
    }
    if (first == 'f') {
      literal("false");
      return false;
    }
    throw malformed(describe(first) + " where true or false was expected");
  }

  /** Passes over a value of any kind, checking that it is JSON. */
  void skipValue() {
    switch (peek()) {
      case '{' -> skipObject();
      case '[' -> skipArray();
      case '"' -> position = strings.read(position);
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      default -> number();
    }
  }

  /** Refuses anything but white space in the rest. */
  void expectEnd() {
    while (position < end) {
      byte b = bytes.get(position);
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        throw malformed(describe(b) + " after the end of the JSON object");
      }
      position++;
    }
  }

  /** The exception that refuses this text, with the byte it stopped at. */
  InferenceException malformed(String what) {
    return malformedAt(position, what);
  }

  /** As {@link #malformed}, at another byte. */
  InferenceException malformedAt(int at, String what) {
    return refusal(
        "Unable to parse the request as JSON: " + what + " (byte " + (at - bytes.position()) + ")");
  }

  /** The exception that refuses a request. */
  static InferenceException refusal(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }

  private boolean enter(char open, char close, String what) {
    byte first = peek();
    if (first != open) {
      throw malformed(describe(first) + " where " + what + " was expected");
    }
    if (++depth > MAX_DEPTH) {
      throw malformed("JSON nesting depth exceeds maximum allowed limit (" + MAX_DEPTH + ")");
    }
    position++;
    if (peek() == close) {
      leave();
      return false;
    }
    return true;
  }

  private boolean more(char close) {
    byte next = peek();
    if (next == ',') {
      position++;
      return true;
    }
    if (next == close) {
      leave();
      return false;
    }
    throw malformed(describe(next) + " where ',' or '" + close + "' was expected");
  }

  private void leave() {
    position++;
    depth--;
  }

  private int openingQuote() {
    byte first = peek();
    if (first != '"') {
      throw malformed(describe(first) + " where a string was expected");
    }
    return position;
  }

  private void skipObject() {
    for (var more = enterObject(); more; more = moreFields()) {
      key();
      skipValue();
    }
  }

  private void skipArray() {
    for (var more = enterArray(); more; more = moreElements()) {
      skipValue();
    }
  }

  private void literal(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (position + i >= end || bytes.get(position + i) != word.charAt(i)) {
        throw malformed("a word that is not " + word);
      }
    }
    position += word.length();
  }

  private InferenceException noNumber(byte first) {
    return switch (first) {
      case 'N' -> notFinite("NaN");
      case 'I' -> notFinite("Infinity");
      default -> malformed(describe(first) + " where a number was expected");
    };
  }

  private InferenceException badNumber() {
    boolean infinity = position + 1 < end && bytes.get(position + 1) == 'I';
    return infinity
        ? notFinite("-Infinity")
        : malformed("a number that is not written as JSON wants");
  }

  private InferenceException notFinite(String word) {
    return malformed(word + ", which JSON cannot carry: send this tensor as binary data");
  }

  private static String describe(byte b) {
    return switch (b) {
      case '{' -> "an object";
      case '[' -> "an array";
      case '"' -> "a string";
      case 't', 'f' -> "a boolean";
      case 'n' -> "null";
      default -> describeOther(b);
    };
  }

  private static String describeOther(byte b) {
    if (b == '-' || (b >= '0' && b <= '9')) {
      return "a number";
    }
    return b > ' ' && b < 0x7f
        ? "'" + (char) b + "'"
        : "the byte 0x" + Integer.toHexString(b & 0xff);
  }
}
