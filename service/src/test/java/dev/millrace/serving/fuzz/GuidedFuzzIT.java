package dev.millrace.serving.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;
import static org.junit.platform.launcher.TagFilter.includeTags;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import com.code_intelligence.jazzer.Jazzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Lets Jazzer look for inputs that a codec does not bear, guided by what they reach in it, for a
 * bounded time from the corpus.
 *
 * <p>Choice: a JVM for each fuzz test, because Jazzer runs one per JVM and changes its classes.
 * Cost: some seconds of start for each, so two run at a time. {@code MILLRACE_FUZZ_SECONDS} says
 * how long each looks. An input that failed is written below {@code target/fuzz}; put it into the
 * corpus, named {@code *.bin}, with its fix.
 */
class GuidedFuzzIT {
  private static final Path FOLDER = Path.of("target", "fuzz");
  private static final int SECONDS =
      Integer.parseInt(System.getenv().getOrDefault("MILLRACE_FUZZ_SECONDS", "6"));
  private static final int INPUT_SECONDS = 20;
  private static final Duration LIMIT = Duration.ofSeconds(SECONDS + 120L);

  /** What is counted as reached: our classes, and the parsers that they hand clients' bytes to. */
  private static final String GUIDES =
      "dev.millrace.**:tools.jackson.core.**:com.google.protobuf.**";

  private static final Pattern LAST_COVERED = Pattern.compile("DONE +cov: (\\d+)");
  private static final Pattern RUNS = Pattern.compile("Done (\\d+) runs in");

  private static final Map<String, Future<Ended>> RUNNING = new LinkedHashMap<>();
  private static final ExecutorService STARTED = Executors.newFixedThreadPool(2);

  @BeforeAll
  static void start() {
    fuzzTests().forEach(test -> RUNNING.put(test, STARTED.submit(() -> ended(test))));
  }

  @AfterAll
  static void stop() {
    STARTED.shutdownNow();
  }

  @Test
  void findsTheFuzzTests() {
    assertThat(fuzzTests()).hasSizeGreaterThanOrEqualTo(10);
  }

  @ParameterizedTest
  @MethodSource("fuzzTests")
  void findsNothing(String test) throws Exception {
    var ended = awaited(test);
    assertThat(ended.exitValue()).as(ended.told()).isZero();
    assertThat(number(RUNS, ended)).as(ended.told()).isGreaterThan(100);
    assertThat(number(LAST_COVERED, ended)).as(ended.told()).isGreaterThan(50);
  }

  /** Class and method of all in the tests. */
  private static Stream<String> fuzzTests() {
    var found =
        LauncherFactory.create()
            .discover(
                request()
                    .selectors(selectPackage("dev.millrace.serving"))
                    .filters(includeTags("jazzer"))
                    .build());
    return found.getRoots().stream()
        .flatMap(root -> found.getDescendants(root).stream())
        .map(TestIdentifier::getSource)
        .flatMap(Optional::stream)
        .filter(org.junit.platform.engine.support.descriptor.MethodSource.class::isInstance)
        .map(org.junit.platform.engine.support.descriptor.MethodSource.class::cast)
        .map(source -> source.getClassName() + "::" + source.getMethodName())
        .sorted();
  }

  private static Ended awaited(String test) throws Exception {
    return Objects.requireNonNull(RUNNING.get(test))
        .get(RUNNING.size() * LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static int number(Pattern pattern, Ended ended) {
    var matcher = pattern.matcher(ended.output());
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  private record Ended(int exitValue, Path log, String output) {
    /** What went wrong, or else the last of what Jazzer says. */
    String told() {
      int finding = output.indexOf("== ");
      int from = finding < 0 ? Math.max(output.length() - 2_000, 0) : finding;
      return "The log of Jazzer is %s. It says:%n%s"
          .formatted(log, output.substring(from, Math.min(from + 4_000, output.length())));
    }
  }

  private static Ended ended(String test) throws IOException, InterruptedException {
    var folder = FOLDER.resolve(test.substring(test.lastIndexOf('.') + 1).replace("::", "."));
    var corpus = Files.createDirectories(folder.resolve("corpus"));
    var log = folder.resolve("jazzer.log");
    var process =
        new ProcessBuilder(command(test, folder, corpus))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(LIMIT)) {
        throw new AssertionError("Jazzer did not end; see " + log);
      }
    } finally {
      process.destroyForcibly();
    }
    return new Ended(process.exitValue(), log, Files.readString(log));
  }

  private static List<String> command(String test, Path folder, Path corpus) {
    var names = test.split("::", 2);
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-XX:+EnableDynamicAgentLoading",
        "-XX:+UseSerialGC",
        // Most of such a short run is start-up, which the second compiler only makes longer.
        "-XX:TieredStopAtLevel=1",
        "-Xmx512m",
        "-cp",
        System.getProperty("java.class.path"),
        // Else it makes folders for findings among the sources.
        "-Djazzer.internal.basedir=" + folder.toAbsolutePath(),
        Jazzer.class.getName(),
        "--target_class=" + names[0],
        "--target_method=" + names[1],
        "--hooks=true",
        "--instrumentation_includes=" + GUIDES,
        "--custom_hook_includes=dev.millrace.**",
        "-artifact_prefix=" + folder + "/",
        "-timeout=" + INPUT_SECONDS,
        "-max_total_time=" + SECONDS,
        corpus.toString());
  }
}
