package dev.millrace.serving.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.failure.InferenceFailure.Grounds;
import org.junit.jupiter.api.Test;

class RefusalCauseTest {
  @Test
  void tellsWhatIsPredictedFromWhatIsSo() {
    assertThat(RefusalCause.of(new InferenceFailure.Overloaded("full")))
        .isEqualTo(RefusalCause.FULL);
    assertThat(RefusalCause.of(new InferenceFailure.Overloaded("goal", Grounds.FORECAST)))
        .isEqualTo(RefusalCause.PREDICTED_GOAL);
    assertThat(RefusalCause.of(new InferenceFailure.TimedOut("late")))
        .isEqualTo(RefusalCause.EXPIRED);
    assertThat(RefusalCause.of(new InferenceFailure.TimedOut("will be late", Grounds.FORECAST)))
        .isEqualTo(RefusalCause.PREDICTED_DEADLINE);
    assertThat(RefusalCause.of(new InferenceFailure.NotReady("unloaded")))
        .isEqualTo(RefusalCause.NOT_READY);
  }
}
