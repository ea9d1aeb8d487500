package dev.millrace.serving.api.sharedmemory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class SharedRegionsTest {
  @TempDir private Path temporary;
  private Path folder;
  private SharedRegions regions;

  @BeforeEach
  void start() throws IOException {
    folder = Files.createDirectory(temporary.resolve("shm"));
    Files.writeString(folder.resolve("eight"), "01234567");
    regions = SharedRegions.in(folder);
  }

  @AfterEach
  void nothingStaysOpen() {
    regions.close();
    assertThat(regions.openFiles()).isZero();
  }

  @Test
  void tellsWhatIsRegistered() {
    register("b", "/eight", 0, 8);
    register("a", "eight", 4, 2);
    assertThat(regions.status(""))
        .containsExactly(
            new RegionDescription("a", "eight", 4, 2), new RegionDescription("b", "/eight", 0, 8));
    assertThat(regions.status("b")).containsExactly(new RegionDescription("b", "/eight", 0, 8));
    regions.unregister("b");
    regions.unregister("nobody");
    assertThat(regions.status("")).hasSize(1);
    refused(() -> regions.status("b"))
        .hasMessage("Unable to find system shared memory region: 'b'");
    regions.unregister("");
    assertThat(regions.status("")).isEmpty();
  }

  @Test
  void takesANameOnce() {
    register("r", "eight", 0, 8);
    refused(() -> register("r", "eight", 0, 4))
        .hasMessage("shared memory region 'r' already in manager");
    assertThat(regions.status("r").getFirst().byteSize()).isEqualTo(8);
  }

  @Test
  void isOffUnlessItIsAllowed() {
    var off = SharedRegions.off();
    assertThat(off.allowed()).isFalse();
    assertThat(off.status("")).isEmpty();
    refused(() -> off.register(new RegionDescription("r", "eight", 0, 8)))
        .hasMessageStartingWith("Client shared memory is disabled: ");
    refused(() -> off.part(new SharedPlace("r", 0, 1)))
        .hasMessage("Unable to find shared memory region: 'r'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        ".",
        "..",
        "/..",
        "../secret",
        "/../secret",
        "inside/eight",
        "//eight",
        "eight/",
        "nobody",
        "link",
        "inside",
        "eight\0",
        "pipe"
      })
  void opensOnlyRegularFilesOfItsFolder(String key) throws Exception {
    Files.writeString(temporary.resolve("secret"), "secret!!");
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("eight"));
    Files.writeString(Files.createDirectory(folder.resolve("inside")).resolve("eight"), "01234567");
    var pipe = folder.resolve("pipe").toString();
    assertThat(new ProcessBuilder("mkfifo", pipe).start().waitFor()).isZero();
    refused(() -> register("r", key, 0, 4))
        .hasMessage(
            "Unable to open shared memory region: '"
                + key
                + "'. The key has to name a shared memory object of the machine that runs the server, which the server may read and write.");
    assertThat(regions.openFiles()).isZero();
  }

  @Test
  void refusesLongKeysAndNames() {
    refused(() -> register("r", "k".repeat(300), 0, 4)).hasMessageStartingWith("Unable to open");
    refused(() -> register("n".repeat(257), "eight", 0, 4)).hasMessageContaining("at most 256");
    refused(() -> register("", "eight", 0, 4))
        .hasMessage("'region name' is necessary to register system shared memory region");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/"})
  void keepsTheKeysOfTritonsBackends(String slash) throws IOException {
    var name = "triton_python_backend_shm_region_1";
    Files.writeString(folder.resolve(name), "01234567");
    refused(() -> register("r", slash + name, 0, 8))
        .hasMessage(
            "cannot register shared memory region 'r' with key '"
                + slash
                + name
                + "' as the key contains the reserved prefix 'triton_python_backend_shm_region_'");
  }

  @ParameterizedTest
  @CsvSource({
    "0,9",
    "1,8",
    "8,1",
    "9,0",
    "9,1",
    "0,0",
    "-1,4",
    "4,-1",
    "0,9223372036854775807",
    "9223372036854775807,1",
    "9223372036854775807,9223372036854775807",
    "-9223372036854775808,8"
  })
  void refusesWhatTheFileDoesNotHold(long offset, long byteSize) {
    refused(() -> register("r", "eight", offset, byteSize))
        .hasMessageStartingWith("failed to register shared memory region 'r': invalid args");
    assertThat(regions.openFiles()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4 | 0 | Invalid offset for shared memory region: 'r'",
        "-32 | 4 | Invalid offset for shared memory region: 'r'",
        "0 | 5 | Invalid offset + byte size for shared memory region: 'r'",
        "3 | 2 | Invalid offset + byte size for shared memory region: 'r'",
        "3 | 9223372036854775807 | Invalid offset + byte size for shared memory region: 'r'",
        "3 | -2 | Integer overflow detected: byte_size (18446744073709551614) + offset (3) exceeds maximum value (18446744073709551615) for region 'r'"
      })
  void refusesPlacesOutsideOfARegion(long offset, long byteSize, String message) {
    register("r", "eight", 2, 4);
    refused(() -> regions.part(new SharedPlace("r", offset, byteSize))).hasMessage(message);
    regions.unregister("");
    assertThat(regions.openFiles()).isZero();
  }

  @Test
  void readsAndWritesInsideAPlaceOnly() throws IOException {
    register("r", "eight", 2, 4);
    try (var part = regions.part(new SharedPlace("r", 1, 3))) {
      assertThat(read(part, 3)).isEqualTo("345");
      part.write("y", bytes("xy"));
      refused(() -> part.write("y", bytes("1234")))
          .hasMessage(
              "shared memory size specified with the request for output 'y' (3 bytes) should be at least 4 bytes to hold the results");
    }
    assertThat(folder.resolve("eight")).hasContent("012xy567");
  }

  /** A mapping would end the process. */
  @Test
  void survivesAFileThatIsCutShort() throws IOException {
    register("r", "eight", 0, 8);
    try (var part = regions.part(new SharedPlace("r", 4, 4))) {
      cut("eight", 6);
      refused(() -> read(part, 4)).hasMessageContaining("region 'r' is shorter");
      refused(() -> part.write("y", bytes("1234"))).hasMessageContaining("region 'r' is shorter");
      assertThat(read(part, 2)).isEqualTo("45");
      cut("eight", 0);
      refused(() -> read(part, 1)).hasMessageContaining("region 'r' is shorter");
      refused(() -> part.write("y", bytes("1"))).hasMessageContaining("region 'r' is shorter");
    }
    assertThat(folder.resolve("eight")).as("not grown again").isEmptyFile();
  }

  @Test
  void keepsTheFileThatWasRegistered() throws IOException {
    register("r", "eight", 0, 8);
    Files.writeString(folder.resolve("other"), "abcdefgh");
    Files.move(folder.resolve("eight"), folder.resolve("moved"));
    Files.move(folder.resolve("other"), folder.resolve("eight"));
    try (var part = regions.part(new SharedPlace("r", 0, 8))) {
      assertThat(read(part, 8)).isEqualTo("01234567");
    }
  }

  @Test
  void keepsARegionOpenForThoseWhoUseIt() {
    register("r", "eight", 0, 8);
    var part = regions.part(new SharedPlace("r", 0, 8));
    regions.unregister("r");
    assertThat(regions.status("")).isEmpty();
    refused(() -> regions.part(new SharedPlace("r", 0, 8)))
        .hasMessage("Unable to find shared memory region: 'r'");
    assertThat(read(part, 8)).isEqualTo("01234567");
    register("r", "eight", 0, 4);
    assertThat(regions.openFiles()).isEqualTo(2);
    part.close();
    part.close();
    assertThat(regions.openFiles()).isEqualTo(1);
    assertThat(regions.status("r")).hasSize(1);
  }

  @Test
  void countsWhatIsOpen() {
    int taken = 0;
    for (int i = 0; i < 2_000; i++) {
      int number = i;
      if (i < SharedRegions.MOST_REGIONS) {
        register("r" + number, "eight", 0, 8);
        taken++;
      } else {
        refused(() -> register("r" + number, "eight", 0, 8))
            .hasMessageContaining("one more than the 1024 that can be registered");
      }
    }
    assertThat(regions.openFiles()).isEqualTo(taken);
    var part = regions.part(new SharedPlace("r7", 0, 8));
    regions.unregister("r7");
    refused(() -> register("s", "eight", 0, 8)).hasMessageContaining("one more");
    part.close();
    register("s", "eight", 0, 8);
    regions.unregister("");
    assertThat(regions.openFiles()).isZero();
  }

  @Test
  void takesTheBytesOfATensorOutOfAPlace() {
    register("r", "eight", 0, 8);
    try (var input = regions.input("m", "x", DataType.INT16, 3, new SharedPlace("r", 0, 6))) {
      assertThat(input.sizeBytes()).isEqualTo(6);
    }
    refused(() -> regions.input("m", "x", DataType.INT16, 3, new SharedPlace("r", 0, 8)))
        .hasMessage("input byte size mismatch for input 'x' for model 'm'. Expected 6, got 8");
    refused(() -> regions.input("m", "x", DataType.INT16, 3, new SharedPlace("r", 0, 4)))
        .hasMessage("input byte size mismatch for input 'x' for model 'm'. Expected 6, got 4");
    refused(
            () ->
                regions.input("m", "x", DataType.INT64, Long.MAX_VALUE, new SharedPlace("r", 0, 8)))
        .hasMessage(
            "input byte size mismatch for input 'x' for model 'm'. Expected 9223372036854775807 times 8, got 8");
    regions.unregister("");
    assertThat(regions.openFiles()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "2,0100000061010000006200,incomplete string data for inference input 'x' at element 2",
    "1,0500000061626364,incomplete string data for inference input 'x' at element 0",
    "1,ffffffff61626364,incomplete string data for inference input 'x' at element 0",
    "3,01000000610000000000,incomplete string data for inference input 'x' at element 2",
    "1,010000006100000000,'expected 1 strings for inference input ''x'', got 2'",
    "3,010000006100000000,'expected 3 strings for inference input ''x'', got 2'"
  })
  void checksTheStringsOfTheCopy(long count, String hex, String message) throws IOException {
    var content = HexFormat.of().parseHex(hex);
    Files.write(folder.resolve("strings"), content);
    register("r", "strings", 0, content.length);
    var place = new SharedPlace("r", 0, content.length);
    try (var input = regions.input("m", "x", DataType.BYTES, count, place)) {
      var target = ByteBuffer.allocate(content.length).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(input.sizeBytes()).isEqualTo(content.length);
      refused(() -> input.copyTo(target)).hasMessageStartingWith(message);
    }
  }

  @Test
  void takesRegionAndSizeTogether() {
    assertThat(SharedPlace.of("x", null, null, null)).isNull();
    assertThat(SharedPlace.of("x", "r", null, 4L)).isEqualTo(new SharedPlace("r", 0, 4));
    refused(() -> SharedPlace.of("x", "r", 0L, null))
        .hasMessage(
            "'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for tensor 'x'");
    refused(() -> SharedPlace.of("x", null, null, 4L))
        .hasMessage(
            "'shared_memory_byte_size' can not be specified without 'shared_memory_region' parameter for tensor 'x'");
  }

  private void register(String name, String key, long offset, long byteSize) {
    regions.register(new RegionDescription(name, key, offset, byteSize));
  }

  private void cut(String name, long size) throws IOException {
    try (var file = Files.newByteChannel(folder.resolve(name), StandardOpenOption.WRITE)) {
      var _ = file.truncate(size);
    }
  }

  private static String read(RegionPart part, int length) {
    var target = ByteBuffer.allocate(length);
    part.read(target);
    return new String(target.array(), UTF_8);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  /** Never a failure of the server. */
  private static AbstractThrowableAssert<?, ? extends Throwable> refused(ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InferenceException.class,
            refusal ->
                assertThat(refusal.failure())
                    .isInstanceOfAny(
                        InferenceFailure.Invalid.class,
                        InferenceFailure.NotFound.class,
                        InferenceFailure.Unsupported.class));
  }
}
