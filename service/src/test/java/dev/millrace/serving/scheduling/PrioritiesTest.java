package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.scheduling.QueuePolicy.Action;
import dev.millrace.serving.scheduling.QueuePolicy.TimeoutOverride;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrioritiesTest {
  private static final Duration AGEING = Duration.ofNanos(100);

  @Test
  void runOneAfterTheOtherWithoutAgeing() {
    var lanes = lanes(Duration.ZERO);
    lanes.append(part(3, 0));
    lanes.append(part(1, 900));
    assertThat(levels(lanes, 1_000)).containsExactly(1, 3);
  }

  @Test
  void riseWithTheTimeWaited() {
    var lanes = lanes(AGEING);
    lanes.append(part(3, 0));
    lanes.append(part(1, 150));
    assertThat(levels(lanes, 199)).containsExactly(1, 3);
    assertThat(levels(lanes, 200)).containsExactly(3, 1);
  }

  @Test
  void keepWhatIsTooLateBehindAllOthers() {
    var lanes = lanes(AGEING);
    var late = part(1, 0);
    late.delayed = true;
    lanes.append(late);
    lanes.append(part(3, 10_000));
    assertThat(levels(lanes, 10_000)).containsExactly(3, 1);
  }

  @Test
  void takeTheShorterTimeoutWhereARequestMayNameIts() {
    var allowed = new QueuePolicy(0, Duration.ofNanos(50), Action.REJECT, TimeoutOverride.ALLOWED);
    var ignored = new QueuePolicy(0, Duration.ofNanos(50), Action.REJECT, TimeoutOverride.IGNORED);
    assertThat(allowed.deadlineNanos(110, 100)).isEqualTo(110);
    assertThat(allowed.deadlineNanos(Long.MAX_VALUE, 100)).isEqualTo(150);
    assertThat(ignored.deadlineNanos(110, 100)).isEqualTo(150);
  }

  private static Lanes lanes(Duration ageing) {
    return new Lanes(new QueueSettings(10, 3, 3, ageing, QueuePolicy.NONE, Map.of()));
  }

  private static List<Integer> levels(Lanes lanes, long nowNanos) {
    var levels = new ArrayList<Integer>();
    lanes.rewind();
    for (var part = lanes.next(nowNanos); part != null; part = lanes.next(nowNanos)) {
      levels.add(part.level);
    }
    return levels;
  }

  private static Part part(int level, long submittedNanos) {
    var request = new ScheduledRequest(List.of(), 1, List.of(), Long.MAX_VALUE, 0, Caller.direct());
    return Part.whole(request, submittedNanos).inLine(level, Long.MAX_VALUE);
  }
}
