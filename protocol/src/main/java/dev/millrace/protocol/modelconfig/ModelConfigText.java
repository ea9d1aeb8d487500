package dev.millrace.protocol.modelconfig;

import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.Parser.SingularOverwritePolicy;
import com.google.protobuf.TextFormatParseInfoTree;
import dev.millrace.protocol.oip.ModelConfig;
import java.io.IOException;
import java.util.regex.Pattern;

/** The text form, which people write: {@code config.pbtxt}. */
public final class ModelConfigText {
  private static final int MOST_DEPTH = 32;

  /** How the parser begins each of its complaints. */
  private static final Pattern PLACE = Pattern.compile("(\\d+):(\\d+):\\s*(.*)", Pattern.DOTALL);

  private static final String UNKNOWN = "Input contains unknown fields";

  private ModelConfigText() {}

  /**
   * Reads it.
   *
   * @param label how messages name the file
   * @throws IOException where it is not of that form, or sets what does not exist; the message has
   *     line, column and field
   */
  public static ConfigSource parse(String label, String text) throws IOException {
    var places = TextFormatParseInfoTree.builder();
    var config = ModelConfig.newBuilder();
    try {
      TextFormat.Parser.newBuilder()
          .setSingularOverwritePolicy(SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
          .setRecursionLimit(MOST_DEPTH)
          .setParseInfoTreeBuilder(places)
          .build()
          .merge(text, config);
    } catch (TextFormat.ParseException e) {
      throw refusal(label, e);
    }
    return new ConfigSource(
        label, config.build(), SetFields.of(config.buildPartial(), places.build()));
  }

  /** The same the other way. */
  public static String print(ModelConfig config) {
    return TextFormat.printer().escapingNonAscii(false).printToString(config);
  }

  private static IOException refusal(String label, TextFormat.ParseException e) {
    var complaint = String.valueOf(e.getMessage());
    boolean unknown = complaint.contains(UNKNOWN);
    // Of fields that do not exist, each has a line of its own below.
    var told = unknown ? complaint.substring(complaint.indexOf('\n') + 1) : complaint;
    var place = PLACE.matcher(told);
    if (!place.find()) {
      return new IOException(label + ": " + complaint, e);
    }
    var first = place.group(3).lines().findFirst().orElse("");
    var what =
        unknown
            ? "there is no field '%s'. Correct its name, or remove it."
                .formatted(first.replaceFirst("^inference\\.", ""))
            : first + (first.endsWith(".") ? "" : ".") + " Correct the text there.";
    return new IOException(
        "%s, line %s, column %s: %s".formatted(label, place.group(1), place.group(2), what), e);
  }
}
