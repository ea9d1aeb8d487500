package dev.millrace.serving.repository;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What serving needs from an {@code MLmodel} file: its flavours, which file is the ONNX model, and
 * the inputs of its signature, as the JSON that MLflow writes; empty where it has none.
 *
 * <p>MLflow writes these files itself, as block YAML, so lines and their indentation are enough; a
 * YAML library would have more to fear from a hostile file than these few lines.
 */
record MlmodelFile(List<String> flavors, Optional<String> onnxFile, String inputs) {
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
    var section = section(lines, "flavors:");
    var flavors = new ArrayList<String>();
    var onnxFile = Optional.<String>empty();
    for (var line : section) {
      if (indentOf(line) == indentOf(section.getFirst())) {
        flavors.add(line.strip().replaceAll(":.*", ""));
      } else if (flavors.getLast().equals("onnx") && line.strip().startsWith("data:")) {
        onnxFile = Optional.of(unquoted(line.strip().substring("data:".length()).strip()));
      }
    }
    return new MlmodelFile(
        List.copyOf(flavors), onnxFile, folded(section(lines, "signature:"), "inputs:"));
  }

  private static List<String> section(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> !line.isBlank() && !line.strip().startsWith("#"))
        .dropWhile(line -> !line.equals(name))
        .skip(1)
        .takeWhile(line -> indentOf(line) > 0)
        .toList();
  }

  /** A string in single quotes, which YAML breaks at blanks where a line gets long. */
  private static String folded(List<String> section, String key) {
    if (section.isEmpty()) {
      return "";
    }
    int indent = indentOf(section.getFirst());
    var parts =
        section.stream()
            .dropWhile(line -> indentOf(line) != indent || !line.strip().startsWith(key))
            .toList();
    var text = new StringBuilder();
    for (var line : parts) {
      if (!text.isEmpty() && indentOf(line) == indent) {
        break;
      }
      text.append(' ').append(line.strip());
    }
    var value = text.isEmpty() ? "" : text.substring(1 + key.length()).strip();
    return unquoted(value).replace("''", "'");
  }

  private static int indentOf(String line) {
    return line.length() - line.stripLeading().length();
  }

  private static String unquoted(String text) {
    return text.replaceAll("^(['\"])(.*)\\1$", "$2");
  }
}
