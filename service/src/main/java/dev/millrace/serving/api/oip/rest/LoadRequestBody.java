package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.edge.LoadParameters;
import dev.millrace.serving.repository.SentModel;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a load, which may be large, without building a tree of it: what is kept are the
 * configuration and the files, and a file is decoded out of the body without a copy of its text.
 */
final class LoadRequestBody {
  private static final String PARAMETERS = "parameters";

  private final ByteBuffer body;
  private final JsonReader reader;
  private final Map<String, ByteBuffer> files = new HashMap<>();
  private @Nullable String config;

  private LoadRequestBody(byte[] body) {
    this.body = ByteBuffer.wrap(body);
    reader = new JsonReader(this.body);
  }

  /** What a load brings along. Refuses what is no parameter of a load, or comes twice. */
  static SentModel sent(byte[] body) {
    return body.length == 0 ? SentModel.NOTHING : new LoadRequestBody(body).read();
  }

  private SentModel read() {
    if (reader.peek() != '{') {
      throw JsonReader.refusal("Unable to parse the request as JSON: it is not an object");
    }
    for (var more = reader.enterObject(); more; more = reader.moreFields()) {
      if (reader.key().equals(PARAMETERS)) {
        parameters();
      } else {
        reader.skipValue();
      }
    }
    reader.expectEnd();
    return new SentModel(config, files);
  }

  private void parameters() {
    if (reader.peek() != '{') {
      throw JsonReader.refusal("Unable to parse 'parameters': expected an object");
    }
    for (var more = reader.enterObject(); more; more = reader.moreFields()) {
      parameter(reader.key());
    }
  }

  private void parameter(String name) {
    boolean again;
    if (name.startsWith(LoadParameters.FILE)) {
      var path = name.substring(LoadParameters.FILE.length());
      again = files.put(path, file(name)) != null;
    } else if (name.equals(LoadParameters.CONFIG)) {
      again = config != null;
      config = text();
    } else {
      throw LoadParameters.unknown(name);
    }
    if (again) {
      throw LoadParameters.twice(name);
    }
  }

  private String text() {
    if (reader.peek() != '"') {
      throw LoadParameters.notText();
    }
    return reader.string();
  }

  private ByteBuffer file(String name) {
    if (reader.peek() != '"') {
      throw LoadParameters.notBytes(name, "string (Base64)");
    }
    try {
      return Base64.getDecoder().decode(base64());
    } catch (IllegalArgumentException _) {
      throw LoadParameters.notBytes(name, "string (Base64)");
    }
  }

  /** In place, but where the text has escapes, as some clients write slashes. */
  private ByteBuffer base64() {
    int start = reader.mark() + 1;
    int end = start;
    while (end < body.limit() && body.get(end) != '"' && body.get(end) != '\\') {
      end++;
    }
    if (end < body.limit() && body.get(end) == '"') {
      reader.jumpTo(end + 1);
      return body.slice(start, end - start);
    }
    var text = reader.stringBytes();
    return ByteBuffer.wrap(text.array(), 0, text.length());
  }
}
