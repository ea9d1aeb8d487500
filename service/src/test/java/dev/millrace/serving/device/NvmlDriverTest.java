package dev.millrace.serving.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NvmlDriverTest {
  private static final Gpu FIRST = new Gpu(0, "GPU-11111111-aaaa", "NVIDIA Stub 80GB", null);
  private static final String CUT = "GPU-22222222-bbbb";
  private static final long MIB = 1 << 20;

  private final NvmlStub stub;
  private final GpuDriver driver;

  NvmlDriverTest(@TempDir Path folder) throws IOException, InterruptedException {
    stub = NvmlStub.compiledInto(folder);
    stub.say("");
    driver = NvmlDriver.start(stub.path()).orElseThrow();
  }

  @BeforeEach
  void nothingIsWrong() throws IOException {
    stub.say("");
  }

  @Test
  void listsGpusAndTheirMigInstances() {
    assertThat(driver.gpus())
        .containsExactly(
            FIRST,
            new Gpu(1, CUT, "NVIDIA Stub 80GB", null),
            new Gpu(1, "MIG-33333333-cccc", "NVIDIA Stub 80GB MIG 1g.10gb", CUT),
            new Gpu(1, "MIG-44444444-dddd", "NVIDIA Stub 80GB MIG 2g.20gb", CUT));
  }

  @Test
  void readsAGpu() throws IOException {
    stub.say("used 2048\n");
    assertThat(driver.read(FIRST))
        .isEqualTo(
            new GpuReading(
                new DeviceMemory(81_920 * MIB, 2_048 * MIB), 0.37, 123.456, 700, Double.NaN, 0));
  }

  @Test
  void readsTheMemoryOfAMigInstance() {
    var reading = driver.read(driver.gpus().get(3));
    assertThat(reading.memory()).isEqualTo(new DeviceMemory(19_968 * MIB, 1_024 * MIB));
    assertThat(reading.utilization()).isNaN();
  }

  @Test
  void seesMemoryErrors() throws IOException {
    stub.say("errors 3\n");
    assertThat(driver.read(FIRST).uncorrectedErrors()).isEqualTo(3);
  }

  @Test
  void seesErrorsInThePartsOfAMigInstanceThere() throws IOException {
    var instances = driver.gpus().subList(2, 4);
    stub.say("cacheerrors 2\n");
    assertThat(driver.read(instances.getFirst()).uncorrectedErrors()).isZero();
    assertThat(driver.read(instances.getLast()).uncorrectedErrors()).isEqualTo(2);
  }

  @Test
  void seesErrorsInTheChipsOfAMigInstanceOnItsGpuButNotThoseOfEarlierTimes() throws IOException {
    var instances = driver.gpus().subList(2, 4);
    assertThat(instances).allMatch(instance -> driver.read(instance).uncorrectedErrors() == 0);
    stub.say("chiperrors 6\n");
    assertThat(instances).allMatch(instance -> driver.read(instance).uncorrectedErrors() == 1);
  }

  @Test
  void seesThatTheGpuOfAMigInstanceIsLost() throws IOException {
    var instance = driver.gpus().get(2);
    stub.say("lost 1\n");
    assertThatThrownBy(() -> driver.read(instance))
        .isInstanceOf(GpuLostException.class)
        .hasMessageContaining("MIG-33333333-cccc is lost");
  }

  @Test
  void seesThatAGpuIsLostAndComesBack() throws IOException {
    stub.say("lost 0\n");
    assertThatThrownBy(() -> driver.read(FIRST))
        .isInstanceOf(GpuLostException.class)
        .hasMessage("GPU GPU-11111111-aaaa is lost: it fell off the bus, or is not powered");
    stub.say("");
    assertThat(driver.read(FIRST).uncorrectedErrors()).isZero();
  }

  @Test
  void isNotThereWithoutADriverUnderTheLibrary() throws IOException {
    stub.say("initfails 9\n");
    assertThat(NvmlDriver.start(stub.path())).isEmpty();
  }

  @Test
  void isNotThereWithoutTheLibrary() {
    assertThat(NvmlDriver.start("libnvidia-nowhere.so.1")).isEmpty();
  }
}
