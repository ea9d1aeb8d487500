package dev.millrace.serving.repository;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The two facts that serving needs from an {@code MLmodel} file: its flavours, and which file is
 * the ONNX model.
 *
 * <p>MLflow writes these files itself, as block YAML, so lines and their indentation are enough; a
 * YAML library would have more to fear from a hostile file than these few lines.
 */
record MlmodelFile(List<String> flavors, Optional<String> onnxFile) {
  static final String NAME = "MLmodel";
  private static final long MAX_BYTES = 1 << 20;

  static MlmodelFile read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(
          "'%s' has %d bytes; an MLmodel file has at most %d"
              .formatted(file, Files.size(file), MAX_BYTES));
    }
    try {
      return parse(Files.readAllLines(file));
    } catch (MalformedInputException e) {
      throw new IOException("'%s' is not UTF-8 text, so it is no MLmodel file".formatted(file), e);
    }
  }

  static MlmodelFile parse(List<String> lines) {
    var flavors = new ArrayList<String>();
    var onnxFile = Optional.<String>empty();
    var section = "";
    int flavorIndent = 0;
    for (var line : lines) {
      int indent = indentOf(line);
      var text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      if (indent == 0) {
        section = text;
        flavorIndent = 0;
      } else if (section.equals("flavors:")) {
        flavorIndent = flavorIndent == 0 ? indent : flavorIndent;
        if (indent == flavorIndent) {
          flavors.add(text.replaceAll(":.*", ""));
        } else if (flavors.getLast().equals("onnx") && text.startsWith("data:")) {
          onnxFile = Optional.of(unquoted(text.substring("data:".length()).strip()));
        }
      }
    }
    return new MlmodelFile(List.copyOf(flavors), onnxFile);
  }

  private static int indentOf(String line) {
    return line.length() - line.stripLeading().length();
  }

  private static String unquoted(String text) {
    return text.replaceAll("^(['\"])(.*)\\1$", "$2");
  }
}
