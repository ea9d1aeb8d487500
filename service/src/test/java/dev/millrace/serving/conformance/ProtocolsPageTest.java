package dev.millrace.serving.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The table of {@code docs/protocols.md} is what tests are marked with: {@link Conforms} in Java,
 * {@code # Conforms: PROTOCOL: what} above a Python test. With {@code -Dprotocols=write} the table
 * is renewed.
 */
class ProtocolsPageTest {
  private static final Path ROOT = Path.of("..");
  private static final Path PAGE = ROOT.resolve("docs/protocols.md");
  private static final Path PYTHON = ROOT.resolve("loadtest/python");
  private static final String START = "<!-- conformance -->\n";
  private static final String END = "<!-- /conformance -->";
  private static final Pattern MARK =
      Pattern.compile(
          "^# Conforms: (\\w+): (.+)\\n(?=(?:[#@ )\\]].*\\n)*def (\\w+))", Pattern.MULTILINE);

  private record Line(Protocol protocol, String what, String test) {}

  @Test
  void tellsWhatTheTestsProve() throws Exception {
    var page = Files.readString(PAGE);
    int from = page.indexOf(START) + START.length();
    int to = page.indexOf(END);
    var table = table(Stream.concat(ofJava(), ofPython()).toList());
    if ("write".equals(System.getProperty("protocols"))) {
      Files.writeString(PAGE, page.substring(0, from) + table + page.substring(to));
      return;
    }
    assertThat(page.substring(from, to))
        .as("The table of docs/protocols.md, renewed by running this test with -Dprotocols=write")
        .isEqualTo(table);
  }

  private static String table(List<Line> lines) {
    var text = new StringBuilder();
    for (var protocol : Protocol.values()) {
      var own = lines.stream().filter(line -> line.protocol() == protocol).toList();
      if (own.isEmpty()) {
        continue;
      }
      text.append("\n### ").append(protocol.title()).append("\n\n");
      text.append("| works | proved by |\n| --- | --- |\n");
      own.stream()
          .map(Line::what)
          .distinct()
          .sorted()
          .forEach(
              what ->
                  text.append(
                      "| %s | %s |\n".formatted(what, String.join(", ", tests(own, what)))));
    }
    return text.append('\n').toString();
  }

  private static List<String> tests(List<Line> lines, String what) {
    return lines.stream()
        .filter(line -> line.what().equals(what))
        .map(line -> "`" + line.test() + "`")
        .distinct()
        .sorted()
        .toList();
  }

  private static Stream<Line> ofJava() throws IOException, URISyntaxException {
    var root =
        Path.of(
            ProtocolsPageTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    var lines = new ArrayList<Line>();
    try (var files = Files.walk(root)) {
      for (var file :
          files.filter(path -> path.toString().matches(".*(Test|IT)\\.class")).toList()) {
        var name = root.relativize(file).toString().replace('/', '.').replace(".class", "");
        addLines(name, lines);
      }
    }
    return lines.stream();
  }

  private static void addLines(String name, List<Line> lines) {
    try {
      var type = Class.forName(name, false, ProtocolsPageTest.class.getClassLoader());
      marks(type)
          .forEach(mark -> lines.add(new Line(mark.to(), mark.with(), type.getSimpleName())));
      for (Method method : type.getDeclaredMethods()) {
        var test = type.getSimpleName() + "." + method.getName();
        marks(method).forEach(mark -> lines.add(new Line(mark.to(), mark.with(), test)));
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Stream<Conforms> marks(AnnotatedElement element) {
    return Arrays.stream(element.getAnnotationsByType(Conforms.class));
  }

  private static Stream<Line> ofPython() throws IOException {
    var lines = new ArrayList<Line>();
    try (var files = Files.newDirectoryStream(PYTHON, "*_test.py")) {
      for (var file : files) {
        var marks = MARK.matcher(Files.readString(file));
        while (marks.find()) {
          lines.add(
              new Line(
                  Protocol.valueOf(marks.group(1)),
                  marks.group(2).strip(),
                  file.getFileName() + "::" + marks.group(3)));
        }
      }
    }
    return lines.stream();
  }
}
