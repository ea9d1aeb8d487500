package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrafficTest {
  private final ServingMeters meters =
      new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM);
  private final Traffic traffic = new Traffic();

  @Test
  void countsOnceWhatALoadOfTheSameVersionCountsOnWith() {
    var before = meters.open("m", "1");
    before.failed(FailureReason.OTHER);
    var next = meters.open("m", "1");
    before.close();
    traffic.gone(before);
    assertThat(failures()).isEqualTo(1);
    next.failed(FailureReason.OTHER);
    assertThat(failures(next)).isEqualTo(2);
    next.close();
    traffic.gone(next);
    assertThat(failures()).isEqualTo(2);
  }

  @Test
  void keepsWhatALoadThatFailedHeldOnTo() {
    var before = meters.open("m", "1");
    before.failed(FailureReason.OTHER);
    var failing = meters.open("m", "1");
    before.close();
    traffic.gone(before);
    failing.close();
    assertThat(failures()).isEqualTo(1);
    var later = meters.open("m", "1");
    later.failed(FailureReason.OTHER);
    assertThat(failures(later)).isEqualTo(2);
  }

  private long failures(ModelMeters... loaded) {
    return traffic.total(List.of(loaded), null).failure();
  }
}
