package dev.millrace.serving.lifecycle;

import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What a load told of a version.
 *
 * @param identity of its content
 * @param bytes what one copy took
 * @param maxBatchRows as in its description, after the checks of the load
 */
record KnownVersion(
    String version, String identity, long bytes, int maxBatchRows, Signature signature) {
  boolean is(Candidate candidate) {
    return version.equals(candidate.version()) && identity.equals(candidate.identity());
  }

  Properties written() {
    var lines = new Properties();
    lines.setProperty("version", version);
    lines.setProperty("identity", identity);
    lines.setProperty("bytes", Long.toString(bytes));
    lines.setProperty("maxBatchRows", Integer.toString(maxBatchRows));
    lines.setProperty("batchable", Boolean.toString(signature.batchable()));
    write(lines, "input", signature.inputs());
    write(lines, "output", signature.outputs());
    return lines;
  }

  private static void write(Properties lines, String kind, List<TensorSpec> specs) {
    lines.setProperty(kind + "s", Integer.toString(specs.size()));
    for (int i = 0; i < specs.size(); i++) {
      var spec = specs.get(i);
      lines.setProperty(kind + "." + i + ".name", spec.name());
      lines.setProperty(kind + "." + i + ".type", spec.type().name());
      lines.setProperty(kind + "." + i + ".shape", text(spec.shape()));
    }
  }

  private static String text(Shape shape) {
    return String.join(",", LongStream.of(shape.toArray()).mapToObj(Long::toString).toList());
  }

  /** Throws a runtime exception where lines are missing or make no sense. */
  static KnownVersion read(Properties lines) {
    return new KnownVersion(
        line(lines, "version"),
        line(lines, "identity"),
        Long.parseLong(line(lines, "bytes")),
        Integer.parseInt(line(lines, "maxBatchRows")),
        new Signature(
            read(lines, "input"),
            read(lines, "output"),
            Boolean.parseBoolean(line(lines, "batchable"))));
  }

  private static List<TensorSpec> read(Properties lines, String kind) {
    var specs = new ArrayList<TensorSpec>();
    int count = Integer.parseInt(line(lines, kind + "s"));
    for (int i = 0; i < count; i++) {
      specs.add(
          new TensorSpec(
              line(lines, kind + "." + i + ".name"),
              DataType.valueOf(line(lines, kind + "." + i + ".type")),
              shape(line(lines, kind + "." + i + ".shape"))));
    }
    return specs;
  }

  private static Shape shape(String text) {
    return Shape.of(
        Stream.of(text.split(",", -1))
            .filter(dimension -> !dimension.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray());
  }

  private static String line(Properties lines, String key) {
    return Objects.requireNonNull(lines.getProperty(key), key);
  }
}
