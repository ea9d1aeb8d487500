package dev.millrace.serving.api.json;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.ByteBufUtil;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/**
 * Walks through the fields of a body without building a tree. Besides JSON it takes {@code NaN} and
 * {@code Infinity}, which these dialects have and their clients write.
 */
public final class JsonBody {
  /** As in the Open Inference Protocol. */
  private static final int MAX_DEPTH = 100;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  // The body is limited already, and a string may be all of it.
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private JsonBody() {}

  /** Takes one field of the object that a body is. */
  @FunctionalInterface
  public interface Fields {
    /** The parser is at the field's value, and left at its last token. */
    void field(String name, JsonParser json);
  }

  /**
   * Hands every field to the reader, each name once, and refuses whatever is not JSON.
   *
   * @param wanted what a body has to be, for the client that sends something else
   * @throws InferenceException with Invalid, also for an {@link UnfitValueException}
   */
  public static void read(ByteBuf body, String wanted, Fields reader) {
    if (!ByteBufUtil.isText(body, StandardCharsets.UTF_8)) {
      throw refusal("JSON Parse error: the body is not UTF-8");
    }
    try (var json = JSON.createParser(ObjectReadContext.empty(), stream(body))) {
      readObject(json, wanted, reader);
    } catch (JacksonException e) {
      throw refusal(
          "JSON Parse error: %s (line %d, column %d)"
              .formatted(
                  e.getOriginalMessage(),
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                  e.getLocation() == null ? 0 : e.getLocation().getColumnNr()));
    } catch (UnfitValueException e) {
      throw refusal(e.getMessage());
    }
  }

  /** The exception that refuses a request. */
  public static InferenceException refusal(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }

  /** Hands each field of the object that the parser is at to a reader, each name once. */
  public static void readFields(JsonParser json, Fields reader) {
    var seen = new ArrayList<String>(4);
    while (json.nextToken() != JsonToken.END_OBJECT) {
      var name = json.currentName();
      once(seen, name);
      json.nextToken();
      reader.field(name, json);
    }
  }

  /** A string value. */
  public static String string(String field, JsonParser json) {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw new UnfitValueException(
          "'%s' must be a string, not %s".formatted(field, Tokens.shown(json)));
    }
    return json.getString();
  }

  private static InputStream stream(ByteBuf body) {
    return new ByteBufInputStream(body.duplicate());
  }

  private static void readObject(JsonParser json, String wanted, Fields reader) {
    var first = json.nextToken();
    if (first != JsonToken.START_OBJECT) {
      throw refusal(
          first == null
              ? "JSON Parse error: the body is empty. " + wanted
              : "%s Received %s.".formatted(wanted, Tokens.shown(json)));
    }
    readFields(json, reader);
    if (json.nextToken() != null) {
      throw refusal(
          "JSON Parse error: %s follows the end of the object".formatted(Tokens.shown(json)));
    }
  }

  /** Fields that mean something are few; those that do not must not cost their square. */
  private static void once(List<String> seen, String name) {
    if (seen.contains(name)) {
      throw new UnfitValueException("the key \"" + Tokens.shortened(name) + "\" is there twice");
    }
    if (seen.size() == MAX_DEPTH) {
      throw new UnfitValueException("an object has more than " + MAX_DEPTH + " keys");
    }
    seen.add(name);
  }
}
