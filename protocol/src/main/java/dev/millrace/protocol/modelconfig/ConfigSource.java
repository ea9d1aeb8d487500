package dev.millrace.protocol.modelconfig;

import dev.millrace.protocol.oip.ModelConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A configuration with the places where its fields were set, for messages about them.
 *
 * @param label how messages name where it comes from
 * @param fields all that are set, also inside others, those of one message in a row
 */
public record ConfigSource(String label, ModelConfig config, List<SetField> fields) {
  /** Copies the list. */
  public ConfigSource {
    fields = List.copyOf(fields);
  }

  /**
   * Why the configuration cannot be used.
   *
   * @param path of the field; where it is not set, the place is that of the one around it
   */
  public IOException refusal(String path, String reason) {
    var around = path;
    while (!around.isEmpty() && find(around).isEmpty()) {
      around = around.substring(0, Math.max(around.lastIndexOf('.'), 0));
    }
    int line = find(around).map(SetField::line).orElse(0);
    int column = find(around).map(SetField::column).orElse(0);
    return refusal(new SetField("", path, line, column), reason);
  }

  private Optional<SetField> find(String path) {
    return fields.stream().filter(field -> field.path().equals(path)).findFirst();
  }

  /** The same of a field that is known to be set. */
  public IOException refusal(SetField field, String reason) {
    return new IOException(
        field.line() == 0
            ? "%s, field '%s': %s".formatted(label, field.path(), reason)
            : "%s, line %d, column %d, field '%s': %s"
                .formatted(label, field.line(), field.column(), field.path(), reason));
  }
}
