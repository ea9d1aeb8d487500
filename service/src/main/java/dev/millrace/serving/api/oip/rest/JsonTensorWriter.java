package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.json.JsonWriter;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Prints the elements of one output as a flat JSON array, straight from the engine's buffer. */
final class JsonTensorWriter {
  private final JsonWriter json;
  private final Tensor output;
  private final ByteBuffer data;
  private final int start;
  private final int end;

  private JsonTensorWriter(JsonWriter json, Tensor output) {
    this.json = json;
    this.output = output;
    this.data = output.data();
    this.start = data.position();
    this.end = data.limit();
  }

  /** Throws {@link InferenceException} where JSON cannot carry an element. */
  static void write(JsonWriter json, Tensor output) {
    json.raw('[');
    new JsonTensorWriter(json, output).elements();
    json.raw(']');
  }

  private void elements() {
    switch (output.type()) {
      case FP32 -> singles();
      case FP64 -> doubles();
      case BYTES -> strings();
      case FP16, BF16 ->
          throw JsonReader.refusal(
              "sending %s data via JSON is not supported. Please use the binary data format for output '%s'"
                  .formatted(output.type(), output.name()));
      default -> wholes();
    }
  }

  private void singles() {
    for (int at = start; at < end; at += 4) {
      float value = data.getFloat(at);
      if (!Float.isFinite(value)) {
        throw notFinite(value, (at - start) / 4);
      }
      comma(at);
      json.number(value);
    }
  }

  private void doubles() {
    for (int at = start; at < end; at += 8) {
      double value = data.getDouble(at);
      if (!Double.isFinite(value)) {
        throw notFinite(value, (at - start) / 8);
      }
      comma(at);
      json.number(value);
    }
  }

  private void wholes() {
    int size = output.type().sizeBytes();
    for (int at = start; at < end; at += size) {
      comma(at);
      whole(at);
    }
  }

  private void whole(int at) {
    switch (output.type()) {
      case BOOL -> json.raw(data.get(at) == 0 ? "false" : "true");
      case UINT8 -> json.number((long) data.get(at) & 0xff);
      case INT8 -> json.number((long) data.get(at));
      case UINT16 -> json.number((long) data.getShort(at) & 0xffff);
      case INT16 -> json.number((long) data.getShort(at));
      case UINT32 -> json.number(data.getInt(at) & 0xffff_ffffL);
      case INT32 -> json.number((long) data.getInt(at));
      case UINT64 -> json.unsignedNumber(data.getLong(at));
      case INT64 -> json.number(data.getLong(at));
      case FP16, BF16, FP32, FP64, BYTES ->
          throw new IllegalStateException(output.type() + " is not a whole number");
    }
  }

  private void strings() {
    int element = 0;
    for (int at = start; at < end; element++) {
      int length = data.getInt(at);
      comma(at);
      string(at + 4, length, element);
      at += 4 + length;
    }
  }

  private void string(int from, int length, int element) {
    checkEncoding(from, length, element);
    json.raw('"');
    for (int i = from; i < from + length; i++) {
      json.escaped(data.get(i));
    }
    json.raw('"');
  }

  private void checkEncoding(int from, int length, int element) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(data.slice(from, length));
    } catch (CharacterCodingException _) {
      throw JsonReader.refusal(
          "Output '%s' has bytes at element %d that are not UTF-8, which JSON cannot carry. %s"
              .formatted(output.name(), element, wayOut()));
    }
  }

  private void comma(int at) {
    if (at > start) {
      json.raw(',');
    }
  }

  private InferenceException notFinite(double value, int element) {
    return JsonReader.refusal(
        "Output '%s' has %s at element %d, which JSON cannot carry. %s"
            .formatted(output.name(), value, element, wayOut()));
  }

  private String wayOut() {
    return "Ask for it as binary data: {\"name\":\"%s\",\"parameters\":{\"binary_data\":true}} in 'outputs'."
        .formatted(output.name());
  }
}
