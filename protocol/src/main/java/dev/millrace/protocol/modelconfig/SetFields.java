package dev.millrace.protocol.modelconfig;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormatParseInfoTree;
import com.google.protobuf.TextFormatParseLocation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists what a message sets, with the places that a parser noted. */
final class SetFields {
  private final List<SetField> found = new ArrayList<>();

  private SetFields() {}

  /** Of the message and those inside it. */
  static List<SetField> of(Message message, @Nullable TextFormatParseInfoTree places) {
    var fields = new SetFields();
    fields.visit(message, places, "");
    return fields.found;
  }

  private void visit(Message message, @Nullable TextFormatParseInfoTree places, String above) {
    message.getAllFields().forEach((field, value) -> visit(field, value, places, above));
  }

  private void visit(
      FieldDescriptor field, Object value, @Nullable TextFormatParseInfoTree places, String above) {
    var path = above + field.getName();
    if (!field.isRepeated()) {
      note(field, path, places, 0);
      inside(value, nested(places, field, 0), path);
    } else if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      note(field, path, places, 0);
    } else {
      var items = (List<?>) value;
      for (int i = 0; i < items.size(); i++) {
        var item = path + "[" + i + "]";
        note(field, item, places, i);
        inside(items.get(i), nested(places, field, i), item);
      }
    }
  }

  private void inside(Object value, @Nullable TextFormatParseInfoTree places, String path) {
    if (value instanceof Message message) {
      visit(message, places, path + ".");
    }
  }

  private void note(
      FieldDescriptor field, String path, @Nullable TextFormatParseInfoTree places, int index) {
    var name = field.getContainingType().getName() + "." + field.getName();
    var place = places == null ? null : location(places, field, index);
    found.add(
        place == null
            ? new SetField(name, path, 0, 0)
            : new SetField(name, path, place.getLine() + 1, place.getColumn() + 1));
  }

  private static @Nullable TextFormatParseLocation location(
      TextFormatParseInfoTree places, FieldDescriptor field, int index) {
    return index < places.getLocations(field).size() ? places.getLocation(field, index) : null;
  }

  private static @Nullable TextFormatParseInfoTree nested(
      @Nullable TextFormatParseInfoTree places, FieldDescriptor field, int index) {
    return places != null && index < places.getNestedTrees(field).size()
        ? places.getNestedTree(field, index)
        : null;
  }
}
