package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.telemetry.WaitReason;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Of a request that was submitted at 1000 and started at 1100. */
class WaitsTest {
  private static final long SUBMITTED = 1_000;
  private static final long STARTED = 1_100;

  private final Waits waits = new Waits();

  @Test
  void isForNothingWhereTheWorkerSleptUntilTheRequestCame() {
    assertThat(reason()).isEqualTo(WaitReason.NONE);
    waits.free(SUBMITTED - 500);
    assertThat(reason()).isEqualTo(WaitReason.NONE);
  }

  @Test
  void isForABusyWorkerWhereItsRunEndedLater() {
    waits.free(SUBMITTED + 60);
    assertThat(reason()).isEqualTo(WaitReason.BUSY);
  }

  @Test
  void isForCompanyWhereTheWorkerLetABatchGather() {
    waits.free(SUBMITTED - 500);
    waits.gather();
    assertThat(reason()).isEqualTo(WaitReason.COMPANY);
  }

  @Test
  void isForOneBatchOnly() {
    waits.gather();
    waits.free(SUBMITTED);
    assertThat(reason()).isEqualTo(WaitReason.NONE);
  }

  @Test
  void isForTheShareWhereOtherModelsHadTheDevice() {
    waits.free(SUBMITTED - 500);
    waits.share(80);
    waits.gather();
    assertThat(reason()).isEqualTo(WaitReason.SHARE);
    waits.share(0);
    assertThat(reason()).isEqualTo(WaitReason.COMPANY);
  }

  @Test
  void isForWhatTookLongest() {
    waits.free(SUBMITTED + 20);
    waits.gather();
    assertThat(reason()).isEqualTo(WaitReason.COMPANY);
    waits.share(70);
    assertThat(reason()).isEqualTo(WaitReason.SHARE);
    waits.free(SUBMITTED + 51);
    assertThat(reason()).isEqualTo(WaitReason.BUSY);
  }

  @Test
  void isForABusyWorkerWhereTwoTookEquallyLong() {
    waits.free(SUBMITTED + 50);
    waits.gather();
    assertThat(reason()).isEqualTo(WaitReason.BUSY);
  }

  @Test
  void isForNothingWhereTheRequestDidNotWait() {
    waits.free(STARTED);
    waits.gather();
    waits.share(1_000);
    assertThat(waits.reason(STARTED, STARTED)).isEqualTo(WaitReason.NONE);
  }

  /** The parts are never more than the whole, so the longest is a third of it at least. */
  @Test
  void explainsAnyWaitByAThirdOfItOrMore() {
    var random = new SplittableRandom(3);
    for (int i = 0; i < 20_000; i++) {
      long queue = random.nextLong(1, 100);
      long busy = random.nextLong(-50, queue + 1);
      long share = random.nextLong(100);
      waits.free(SUBMITTED + busy);
      waits.share(share);
      waits.gather();
      long part =
          switch (waits.reason(SUBMITTED, SUBMITTED + queue)) {
            case BUSY -> busy;
            case SHARE -> Math.min(share, queue);
            case COMPANY -> queue - Math.max(busy, 0) - share;
            case NONE, LOAD -> 0;
          };
      assertThat(3 * part).isGreaterThanOrEqualTo(queue);
    }
  }

  private WaitReason reason() {
    return waits.reason(SUBMITTED, STARTED);
  }
}
