package dev.millrace.serving.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Named;

/**
 * Throws mutations of a corpus at a codec for a bounded time.
 *
 * <p>Choice: mutations without a look at coverage, so that it runs in any build, needs no agent,
 * and fails the same way again: input {@code n} depends on {@code n} and the corpus alone. Cost:
 * deep paths are only found from examples that already go there, which is what the corpus is for;
 * {@link GuidedFuzzIT} finds others. An input that failed is written to {@code target/fuzz}; put it
 * into the corpus with its fix.
 */
public final class Fuzzer {
  private static final Path FAILED = Path.of("target", "fuzz");
  private static final int LONGEST = 4_096;

  private final List<byte[]> corpus;
  private final List<byte[]> words;

  /** Something that must bear any input; whatever it throws is a finding. */
  @FunctionalInterface
  public interface Target {
    /** Handles an input. */
    void take(byte[] input) throws Exception;
  }

  /**
   * Starts from a corpus.
   *
   * @param words that mean something to the target; put in anywhere
   */
  public Fuzzer(List<byte[]> corpus, List<String> words) {
    if (corpus.isEmpty()) {
      throw new IllegalArgumentException("There is no corpus.");
    }
    this.corpus = List.copyOf(corpus);
    this.words = words.stream().map(word -> word.getBytes(ISO_8859_1)).toList();
  }

  /** Takes the corpus itself and then mutations until the time is over; how many these were. */
  public int run(Duration limit, Target target) {
    long end = System.nanoTime() + limit.toNanos();
    corpus.forEach(input -> take(input, target));
    int count = 0;
    while (System.nanoTime() < end) {
      take(mutation(count), target);
      count++;
    }
    return count;
  }

  private byte[] mutation(int number) {
    var random = RandomGeneratorFactory.of("L64X128MixRandom").create(number);
    var input = any(corpus, random);
    for (int hits = 1 + random.nextInt(5); hits > 0; hits--) {
      input = mutated(input, random);
    }
    return input;
  }

  private byte[] mutated(byte[] input, RandomGenerator random) {
    int at = random.nextInt(input.length + 1);
    int length = random.nextInt(Math.min(input.length - at, 64) + 1);
    return switch (random.nextInt(9)) {
      case 0 -> changed(input, at, (byte) random.nextInt());
      case 1 ->
          changed(input, at, (byte) (1 << random.nextInt(8) ^ (at < input.length ? input[at] : 0)));
      case 2 -> changed(input, at, (byte) (random.nextBoolean() ? 0xFF : 0x80));
      case 3 -> replaced(input, at, length, new byte[0]);
      case 4 -> replaced(input, at, 0, part(input, at, length));
      case 5 -> replaced(input, at, length, any(words, random));
      case 6 -> replaced(input, at, 0, any(words, random));
      case 7 -> part(input, 0, at);
      default -> spliced(input, at, random);
    };
  }

  private byte[] spliced(byte[] input, int at, RandomGenerator random) {
    var other = any(corpus, random);
    int from = random.nextInt(other.length + 1);
    return replaced(input, at, input.length - at, part(other, from, other.length - from));
  }

  private static byte[] changed(byte[] input, int at, byte value) {
    var changed = input.clone();
    if (at < changed.length) {
      changed[at] = value;
    }
    return changed;
  }

  private static byte[] replaced(byte[] input, int at, int length, byte[] by) {
    int size = input.length - length + by.length;
    if (size > LONGEST) {
      return input;
    }
    var result = new byte[size];
    System.arraycopy(input, 0, result, 0, at);
    System.arraycopy(by, 0, result, at, by.length);
    System.arraycopy(input, at + length, result, at + by.length, input.length - at - length);
    return result;
  }

  private static byte[] part(byte[] input, int at, int length) {
    var part = new byte[length];
    System.arraycopy(input, at, part, 0, length);
    return part;
  }

  private static byte[] any(List<byte[]> some, RandomGenerator random) {
    return some.get(random.nextInt(some.size()));
  }

  private static void take(byte[] input, Target target) {
    try {
      target.take(input);
    } catch (Exception | Error finding) {
      throw new AssertionError(
          "This input, kept in %s, was not borne: %s".formatted(keep(input), printed(input)),
          finding);
    }
  }

  private static Path keep(byte[] input) {
    try {
      Files.createDirectories(FAILED);
      var name = Integer.toHexString(Arrays.hashCode(input)) + ".bin";
      return Files.write(FAILED.resolve(name), input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String printed(byte[] input) {
    return HexFormat.of().formatHex(input, 0, Math.min(input.length, 400));
  }

  /** The files of a folder of {@code src/test/resources/corpus}, read by this reader. */
  public static List<byte[]> corpus(String folder, Reader reader) throws IOException {
    return named(folder, reader).stream().map(Named::getPayload).toList();
  }

  /** The same with the names of the files, and no bytes, for the tests that Jazzer guides. */
  public static List<Named<byte[]>> seeds(String folder, Reader reader) throws IOException {
    var inputs = named(folder, reader);
    // Jazzer's time begins after the seeds: one that is refused loads what refusals need before.
    inputs.add(Named.of("nothing", new byte[0]));
    return inputs;
  }

  private static List<Named<byte[]>> named(String folder, Reader reader) throws IOException {
    var inputs = new ArrayList<Named<byte[]>>();
    try (var files = Files.newDirectoryStream(Path.of("src/test/resources/corpus", folder))) {
      for (var file : files) {
        var name = file.getFileName().toString();
        var bytes = Files.readAllBytes(file);
        inputs.add(Named.of(name, name.endsWith(".bin") ? bytes : reader.read(bytes)));
      }
    }
    return inputs;
  }

  /** Makes an input of a file that people can read. */
  @FunctionalInterface
  public interface Reader {
    /** The input; findings, whose names end with {@code .bin}, are not read so. */
    byte[] read(byte[] file) throws IOException;
  }
}
