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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
 * Cost: some seconds of start for each, so two run at a time. An input that failed is written to
 * {@code target/fuzz}; put it into the corpus, named {@code *.bin}, with its fix.
 */
class GuidedFuzzIT {
  private static final Path FOLDER = Path.of("target", "fuzz");
  private static final int SECONDS = 6;
  private static final int INPUT_SECONDS = 20;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** What is counted as reached: our classes, and the parsers that they hand clients' bytes to. */
  private static final String GUIDES =
      "dev.millrace.**:tools.jackson.core.**:com.google.protobuf.**";

  private static final Pattern LAST_COVERED = Pattern.compile("DONE +cov: (\\d+)");
  private static final Pattern RUNS = Pattern.compile("Done (\\d+) runs in");

  private static final Map<String, Future<String>> OUTPUTS = new LinkedHashMap<>();
  private static final ExecutorService STARTED = Executors.newFixedThreadPool(2);

  @BeforeAll
  static void start() {
    fuzzTests().forEach(test -> OUTPUTS.put(test, STARTED.submit(() -> output(test))));
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
    var output = awaited(test);
    assertThat(number(RUNS, output)).as(output).isGreaterThan(500);
    assertThat(number(LAST_COVERED, output)).as(output).isGreaterThan(50);
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
        .flatMap(source -> source.stream())
        .filter(org.junit.platform.engine.support.descriptor.MethodSource.class::isInstance)
        .map(org.junit.platform.engine.support.descriptor.MethodSource.class::cast)
        .map(source -> source.getClassName() + "::" + source.getMethodName())
        .sorted();
  }

  private static String awaited(String test) throws Exception {
    try {
      return Objects.requireNonNull(OUTPUTS.get(test)).get(10, TimeUnit.MINUTES);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("Jazzer did not end by itself: " + test, e);
    }
  }

  private static int number(Pattern pattern, String output) {
    var matcher = pattern.matcher(output);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  private static String output(String test) throws IOException, InterruptedException {
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
    var output = Files.readString(log);
    assertThat(process.exitValue()).as("The whole log is %s:%n%s", log, output).isZero();
    return output;
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
