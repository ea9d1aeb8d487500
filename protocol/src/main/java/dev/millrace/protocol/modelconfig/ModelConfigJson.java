package dev.millrace.protocol.modelconfig;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.millrace.protocol.oip.ModelConfig;
import java.io.IOException;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON form as Triton's clients get it: the field names of the text form, every plain field
 * also where it is not set, and 64-bit numbers as numbers, where protobuf's own mapping has text.
 */
public final class ModelConfigJson {
  private static final long UINT32 = 0xffffffffL;

  private ModelConfigJson() {}

  /** Maps, lists, text, numbers and booleans that any JSON library writes. */
  public static Map<String, Object> tree(Message message) {
    var tree = new LinkedHashMap<String, Object>();
    for (var field : message.getDescriptorForType().getFields()) {
      if (!field.hasPresence() || message.hasField(field)) {
        tree.put(field.getName(), value(field, message.getField(field)));
      }
    }
    return tree;
  }

  private static Object value(FieldDescriptor field, Object value) {
    if (field.isMapField()) {
      return map((List<?>) value);
    }
    return field.isRepeated()
        ? ((List<?>) value).stream().map(item -> single(field, item)).toList()
        : single(field, value);
  }

  private static Map<String, Object> map(List<?> entries) {
    var map = new LinkedHashMap<String, Object>();
    for (var entry : entries) {
      var pair = (MapEntry<?, ?>) entry;
      var type = pair.getDescriptorForType().findFieldByNumber(2);
      map.put(String.valueOf(pair.getKey()), single(type, pair.getField(type)));
    }
    return map;
  }

  private static Object single(FieldDescriptor field, Object value) {
    return switch (value) {
      case Message message -> tree(message);
      case EnumValueDescriptor constant -> constant.getName();
      case Long number when field.getType() == FieldDescriptor.Type.UINT64 && number < 0 ->
          new BigInteger(Long.toUnsignedString(number));
      case Integer number when field.getType() == FieldDescriptor.Type.UINT32 -> number & UINT32;
      default -> value;
    };
  }

  /**
   * Reads it, with numbers as numbers or text.
   *
   * @param label how messages name it
   * @throws IOException where it is not of that form, or sets what does not exist
   */
  public static ConfigSource parse(String label, String json) throws IOException {
    var config = ModelConfig.newBuilder();
    try {
      JsonFormat.parser().merge(json, config);
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(label + ": " + e.getMessage(), e);
    }
    var built = config.build();
    return new ConfigSource(label, built, SetFields.of(built, null));
  }
}
