import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Checks or applies google-java-format on every Java file below a folder.
 *
 * <p>Maven runs it with the JDK of the toolchain, because the formatter reads only the Java that its own JVM's compiler
 * reads, and Maven itself may run on JDK 17.
 */
class FormatJava {
  public static void main(String[] arguments) throws Exception {
    boolean apply = arguments[0].equals("apply");
    var root = Path.of(arguments[1]);
    if (!Files.isDirectory(root)) {
      return;
    }
    List<Path> files;
    try (var walk = Files.walk(root)) {
      files = walk.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
    var wrong = files.parallelStream().filter(file -> !isFormatted(file, apply)).toList();
    if (!wrong.isEmpty() && !apply) {
      wrong.forEach(file -> System.err.println("Not in google-java-format: " + file));
      System.err.println("Run './millrace format' to mend them.");
      System.exit(1);
    }
  }

  private static boolean isFormatted(Path file, boolean apply) {
    try {
      var before = Files.readString(file);
      var after = format(before);
      if (apply && !after.equals(before)) {
        Files.writeString(file, after);
      }
      return after.equals(before);
    } catch (IOException | FormatterException e) {
      System.err.println(file + ": " + e.getMessage());
      return false;
    }
  }

  private static String format(String source) throws FormatterException {
    var style = JavaFormatterOptions.Style.GOOGLE;
    var trimmed = RemoveUnusedImports.removeUnusedImports(source);
    var ordered = ImportOrderer.reorderImports(trimmed, style);
    return new Formatter(JavaFormatterOptions.builder().style(style).build()).formatSource(ordered);
  }
}
