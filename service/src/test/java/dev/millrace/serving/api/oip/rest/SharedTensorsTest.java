package dev.millrace.serving.api.oip.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.api.sharedmemory.RegionDescription;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tensors in shared memory, in JSON. */
class SharedTensorsTest {
  private static final int LIMIT_BYTES = 64;

  private final Decoding decoding = new Decoding();
  @TempDir private Path folder;
  private SharedRegions regions;

  @BeforeEach
  void register() throws IOException {
    Files.write(folder.resolve("file"), new byte[256]);
    regions = SharedRegions.in(folder);
    regions.register(new RegionDescription("r", "/file", 0, 256));
  }

  @AfterEach
  void nothingLeaks() {
    decoding.assertNothingLeaked();
    regions.close();
  }

  @Test
  void countsACopyBeforeItTakesTheMemory() {
    var shared = input("UINT8", 20, "\"shared_memory_byte_size\":20");
    assertRefused(
        "{\"inputs\":[" + shared + "," + shared + "]}",
        bytes -> {
          if (bytes > 30) {
            throw new InferenceException(new InferenceFailure.Overloaded("full at " + bytes));
          }
        },
        InferenceFailure.Overloaded.class,
        "full at 40");
  }

  @Test
  void holdsAllCopiesToTheLimitOfABody() {
    var shared = input("UINT8", 40, "\"shared_memory_byte_size\":40");
    assertRefused(
        "{\"inputs\":[" + shared + "," + shared + "]}",
        _ -> {},
        InferenceFailure.TooLarge.class,
        "Input 'x' takes 40 bytes of memory, with which the inputs of the request exceed the limit of 64 bytes.");
    assertRefused(
        "{\"inputs\":[" + input("BYTES", 1, "\"shared_memory_byte_size\":256") + "]}",
        _ -> {},
        InferenceFailure.TooLarge.class,
        "Input 'x' takes 256 bytes of memory");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"shared_memory_byte_size\":-4 | Unable to parse 'shared_memory_byte_size': expected a whole number, 0 or larger",
        "\"shared_memory_byte_size\":4,\"shared_memory_offset\":-1 | Unable to parse 'shared_memory_offset': expected a whole number, 0 or larger",
        "\"shared_memory_byte_size\":4,\"shared_memory_offset\":1.5 | Unable to parse 'shared_memory_offset': expected a whole number, 0 or larger",
        "\"shared_memory_byte_size\":4,\"shared_memory_offset\":256 | Invalid offset for shared memory region: 'r'",
        "\"shared_memory_byte_size\":4,\"shared_memory_offset\":18446744073709551584 | Invalid offset for shared memory region: 'r'",
        "\"shared_memory_byte_size\":18446744073709551584,\"shared_memory_offset\":32 | Integer overflow detected: byte_size (18446744073709551584) + offset (32)",
        "\"shared_memory_byte_size\":257 | Invalid offset + byte size for shared memory region: 'r'",
        "\"shared_memory_byte_size\":3 | input byte size mismatch for input 'x' for model 'm'. Expected 4, got 3",
        "\"shared_memory_offset\":0 | 'shared_memory_byte_size' must be specified along with",
        "\"shared_memory_byte_size\":4,\"binary_data_size\":4 | Input must set only one of the following fields"
      })
  void refusesPlacesThatAreNone(String parameters, String message) {
    assertRefused(
        "{\"inputs\":[" + input("UINT8", 4, parameters) + "]}",
        _ -> {},
        InferenceFailure.Invalid.class,
        message);
  }

  @Test
  void refusesDataBesideAPlace() {
    assertRefused(
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[1],\"parameters\":{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":1}}]}",
        _ -> {},
        InferenceFailure.Invalid.class,
        "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', 'shared_memory_region' in 'parameters'. But input 'x' sets several");
  }

  @Test
  void takesTheElementsOutOfTheirPlaceInALargerRegion() {
    read(
        "{\"inputs\":[" + input("UINT8", 4, "\"shared_memory_byte_size\":4") + "]}",
        _ -> {},
        request -> {
          assertThat(request.inputs().getFirst().data().remaining()).isEqualTo(4);
          assertThat(request.bytes()).isEqualTo(4);
        });
  }

  @Test
  void writesOutputsBeforeTheAnswerIsPrinted() throws IOException {
    var body =
        "{\"inputs\":[%s],\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"y\",\"parameters\":{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":8,\"shared_memory_offset\":16}},{\"name\":\"z\"}]}"
            .formatted(input("UINT8", 1, "\"shared_memory_byte_size\":1"));
    read(
        body,
        _ -> {},
        request -> {
          regions.unregister("r");
          var answer = new FakeAnswer(List.of(Tensors.floats("y", 1), Tensors.floats("z", 2)));
          var encoded = new AnswerWriter().write(answer, request, decoding.allocator());
          assertThat(encoded.body().toString(0, encoded.jsonBytes(), UTF_8))
              .endsWith(
                  "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,1],\"parameters\":{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":4,\"shared_memory_offset\":16}},{\"name\":\"z\",\"datatype\":\"FP32\",\"shape\":[1,1],\"parameters\":{\"binary_data_size\":4}}]}");
          assertThat(encoded.body().readableBytes() - encoded.jsonBytes()).isEqualTo(4);
          encoded.body().release();
        });
    var written = Files.readAllBytes(folder.resolve("file"));
    assertThat(written[18]).isEqualTo((byte) 0x80);
    assertThat(written[19]).isEqualTo((byte) 0x3f);
  }

  private static String input(String type, int elements, String parameters) {
    return "{\"name\":\"x\",\"shape\":[%d],\"datatype\":\"%s\",\"parameters\":{\"shared_memory_region\":\"r\",%s}}"
        .formatted(elements, type, parameters);
  }

  private void assertRefused(
      String json, LongConsumer hold, Class<? extends InferenceFailure> kind, String message) {
    assertThatThrownBy(() -> read(json, hold, _ -> {}))
        .isInstanceOfSatisfying(
            InferenceException.class, refusal -> assertThat(refusal.failure()).isInstanceOf(kind))
        .hasMessageStartingWith(message);
  }

  private void read(String json, LongConsumer hold, Consumer<DecodedRequest> check) {
    var bytes = json.getBytes(UTF_8);
    var body = decoding.direct(bytes);
    var memory = new TensorMemory(decoding.allocator(), LIMIT_BYTES, regions, hold);
    try (var request = InferBodyReader.read("m", body, bytes.length, memory)) {
      check.accept(request);
    } finally {
      body.release();
    }
  }
}
