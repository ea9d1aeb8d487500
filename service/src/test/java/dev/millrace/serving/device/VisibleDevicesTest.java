package dev.millrace.serving.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisibleDevicesTest {
  private static final List<Gpu> WHOLE =
      List.of(gpu(0, "GPU-aa11"), gpu(1, "GPU-ab22"), gpu(2, "GPU-cc33"));
  private static final List<Gpu> CUT =
      List.of(
          gpu(0, "GPU-aa11"),
          gpu(1, "GPU-ab22"),
          new Gpu(1, "MIG-m1", "Stub MIG", "GPU-ab22"),
          new Gpu(1, "MIG-m2", "Stub MIG", "GPU-ab22"));

  @Test
  void areAllWhereNothingIsSaid() {
    assertThat(VisibleDevices.of(WHOLE, null)).isEqualTo(WHOLE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "nothing",
      value = {
        "''                | nothing",
        "2,0               | GPU-cc33 GPU-aa11",
        "' 1 , 2'          | GPU-ab22 GPU-cc33",
        "0,-1,1            | GPU-aa11",
        "-1                | nothing",
        "NoDevFiles        | nothing",
        "1,7,0             | GPU-ab22",
        "0,1,0,2           | GPU-aa11 GPU-ab22",
        "GPU-cc            | GPU-cc33",
        "GPU-ab22,0        | GPU-ab22 GPU-aa11",
        "GPU-a             | nothing",
        "gpu-ab22          | nothing"
      })
  void areThoseOfTheVariableUntilAWordThatNamesNone(String variable, @Nullable String expected) {
    assertThat(VisibleDevices.of(WHOLE, variable))
        .extracting(Gpu::uuid)
        .containsExactly(expected == null ? new String[0] : expected.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MIG-m2            | MIG-m2",
        "MIG-m2,MIG-m1,0   | MIG-m2",
        "0,MIG-m1          | GPU-aa11",
        "1                 | MIG-m1"
      })
  void areOneMigInstanceAtMost(String variable, String expected) {
    assertThat(VisibleDevices.of(CUT, variable)).extracting(Gpu::uuid).containsExactly(expected);
  }

  @Test
  void leaveOutTheGpuThatIsCut() {
    assertThat(VisibleDevices.of(CUT, null)).extracting(Gpu::uuid).containsExactly("GPU-aa11");
  }

  @Test
  void areInTheOrderOfTheBusWhereCudaIsToldSoOrHasNoFasterOne() {
    var mixed = List.of(gpu(0, "GPU-aa11"), new Gpu(1, "GPU-ab22", "Faster Stub", null));
    assertThat(VisibleDevices.areOrderedAsListed(mixed, null)).isFalse();
    assertThat(VisibleDevices.areOrderedAsListed(mixed, "FASTEST_FIRST")).isFalse();
    assertThat(VisibleDevices.areOrderedAsListed(mixed, "PCI_BUS_ID")).isTrue();
    assertThat(VisibleDevices.areOrderedAsListed(CUT, null)).isTrue();
  }

  private static Gpu gpu(int index, String uuid) {
    return new Gpu(index, uuid, "Stub", null);
  }
}
