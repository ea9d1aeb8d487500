package dev.millrace.serving.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a program that prints what nvidia-smi printed. */
class NvidiaSmiDriverTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String LIST =
      """
      GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5d7c7e1a-0001-4a4e-8f7e-000000000001)
      GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-5d7c7e1a-0002-4a4e-8f7e-000000000002)
        MIG 3g.20gb     Device  0: (UUID: MIG-7a5b0c1d-0003-5f5f-9a9a-000000000003)
        MIG 1g.5gb      Device  1: (UUID: MIG-7a5b0c1d-0004-5f5f-9a9a-000000000004)
      """;
  private static final String FIGURES =
      """
      GPU-5d7c7e1a-0001-4a4e-8f7e-000000000001, 81559, 4321, 17, 71.23, 700.00, 0
      GPU-5d7c7e1a-0002-4a4e-8f7e-000000000002, 40960, 100, [N/A], [N/A], [Not Supported], [N/A]
      """;
  private static final long MIB = 1 << 20;

  private final AtomicLong now = new AtomicLong();
  private final Path folder;

  NvidiaSmiDriverTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void listsGpusAndTheirMigInstances() throws IOException {
    assertThat(driver(LIST, FIGURES).gpus())
        .extracting(Gpu::index, Gpu::name, Gpu::isMigInstance)
        .containsExactly(
            tuple(0, "NVIDIA H100 80GB HBM3", false),
            tuple(1, "NVIDIA A100-SXM4-40GB", false),
            tuple(1, "NVIDIA A100-SXM4-40GB MIG 3g.20gb", true),
            tuple(1, "NVIDIA A100-SXM4-40GB MIG 1g.5gb", true));
  }

  @Test
  void readsFigures() throws IOException {
    var driver = driver(LIST, FIGURES);
    assertThat(driver.read(driver.gpus().getFirst()))
        .isEqualTo(
            new GpuReading(
                new DeviceMemory(81_559 * MIB, 4_321 * MIB), 0.17, 71.23, 700, Double.NaN, 0));
  }

  @Test
  void takesWhatIsNotAvailableAsUnknown() throws IOException {
    var driver = driver(LIST, FIGURES);
    var reading = driver.read(driver.gpus().get(1));
    assertThat(reading.utilization()).isNaN();
    assertThat(reading.powerLimitWatts()).isNaN();
    assertThat(reading.uncorrectedErrors()).isZero();
  }

  @Test
  void dividesTheMemoryOfAGpuAmongItsMigInstances() throws IOException {
    var driver = driver(LIST, FIGURES);
    assertThat(driver.read(driver.gpus().get(2)).memory())
        .isEqualTo(new DeviceMemory(20_480 * MIB, 50 * MIB));
  }

  @Test
  void seesThatAGpuIsLost() throws IOException {
    var said =
        "Unable to determine the device handle for GPU0000:01:00.0: GPU is lost.  Reboot the system to recover this GPU";
    var driver = driver(LIST, said);
    assertThatThrownBy(() -> driver.read(driver.gpus().getFirst()))
        .isInstanceOf(GpuLostException.class)
        .hasMessageStartingWith("GPU GPU-5d7c7e1a-0001")
        .hasMessageEndingWith("is lost: nvidia-smi lists it no more and says: " + said);
  }

  @Test
  void takesTheFiguresOfAllGpusFromOneAnswer() throws IOException {
    var driver = driver(LIST, FIGURES);
    driver.read(driver.gpus().getFirst());
    Files.writeString(folder.resolve("figures"), FIGURES.replace("40960, 100", "40960, 200"));
    assertThat(usedOfTheSecond(driver)).isEqualTo(100 * MIB);
    now.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(usedOfTheSecond(driver)).isEqualTo(200 * MIB);
  }

  private static long usedOfTheSecond(GpuDriver driver) {
    return driver.read(driver.gpus().get(1)).memory().usedBytes();
  }

  @Test
  void asksAgainBeforeItTakesAGpuForLost() throws IOException {
    var driver = driver(LIST, FIGURES);
    executable(
        "#!/bin/sh\nif [ -e '%1$s/asked' ]; then cat '%1$s/figures'; else touch '%1$s/asked'; exit 1; fi\n"
            .formatted(folder));
    assertThat(driver.read(driver.gpus().getFirst()).powerWatts()).isEqualTo(71.23);
  }

  @Test
  void isNotThereWithoutGpus() throws IOException {
    assertThat(NvidiaSmiDriver.start(program("No devices were found", ""), LIMIT, now::get))
        .isEmpty();
  }

  @Test
  void isNotThereWithoutTheProgram() {
    assertThat(NvidiaSmiDriver.start(folder.resolve("nowhere").toString(), LIMIT, now::get))
        .isEmpty();
  }

  @Test
  void doesNotWaitForAProgramThatHangs() throws IOException {
    var hanging = executable("#!/bin/sh\nexec sleep 600\n");
    assertThat(NvidiaSmiDriver.start(hanging, Duration.ofMillis(200), now::get)).isEmpty();
  }

  private GpuDriver driver(String list, String figures) throws IOException {
    return NvidiaSmiDriver.start(program(list, figures), LIMIT, now::get).orElseThrow();
  }

  private String program(String list, String figures) throws IOException {
    Files.writeString(folder.resolve("list"), list);
    Files.writeString(folder.resolve("figures"), figures);
    return executable(
        "#!/bin/sh\nif [ \"$1\" = -L ]; then cat '%s/list'; else cat '%s/figures'; fi\n"
            .formatted(folder, folder));
  }

  private String executable(String script) throws IOException {
    var file = Files.writeString(folder.resolve("nvidia-smi"), script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file.toString();
  }
}
