package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerSettingsTest {
  @Test
  void haveDefaultsThatWork() {
    assertThat(SchedulerSettings.defaults())
        .isEqualTo(
            new SchedulerSettings(
                64, List.of(), Duration.ZERO, 8_192, 2, 2, Duration.ofSeconds(30)));
  }

  @Test
  void nameTheKeyTheValueAndWhatIsExpected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings(4, List.of(8), 10, 2))
        .withMessage("preferred-batch-rows is [8]; it must be sizes from 1 to max-batch-rows");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings(-1, List.of(), 10, 2))
        .withMessage("max-batch-rows is -1; it must be 0 or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings(4, List.of(), 0, 2))
        .withMessage("max-queue-rows is 0; it must be 1 or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings(4, List.of(), 10, 3))
        .withMessage("default-priority is 3; it must be 1 to priority-levels");
  }

  private static SchedulerSettings settings(
      int maxBatchRows, List<Integer> preferred, int maxQueueRows, int defaultPriority) {
    return new SchedulerSettings(
        maxBatchRows,
        preferred,
        Duration.ZERO,
        maxQueueRows,
        2,
        defaultPriority,
        Duration.ofSeconds(1));
  }
}
