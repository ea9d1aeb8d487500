package dev.millrace.store.registry;

import static dev.millrace.store.RunningStore.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AliasWaitersTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration NEVER = Duration.ofDays(1);
  private static final Duration SOON = Duration.ofMillis(1);

  /** A clock that stands still unless a test moves it. */
  private final AtomicLong nanos = new AtomicLong();

  private final AtomicLong stored = new AtomicLong();
  private final AtomicInteger storedReads = new AtomicInteger();
  private final AtomicInteger looks = new AtomicInteger();
  private volatile String seen = "old";
  private volatile boolean there = true;

  @Test
  void doesNotWaitForWhatIsThere() {
    seen = "new";
    assertThat(waitFor(waiters(1, NEVER), "m")).isEqualTo("new");
  }

  @Test
  void looksAgainWhenTheModelMoved() {
    var waiters = waiters(1, NEVER);
    var answer = waiting(waiters, "m");
    seen = "new";
    waiters.moved(1, "m");
    assertThat(of(answer)).isEqualTo("new");
    assertThat(waiters.count()).isZero();
  }

  @Test
  void onlyThoseAreCalledWhomTheMoveConcerns() {
    var waiters = waiters(3, NEVER);
    waiters.moved(1, "m");
    // A call for "new" would be one look more.
    var other = waiting(waiters, "other", "newest");
    var any = waiting(waiters, AliasWaiters.ANY);
    var mine = waiting(waiters, "m");
    assertThat(looks).hasValue(3);
    seen = "new";
    waiters.moved(2, "m");
    assertThat(of(mine)).isEqualTo("new");
    assertThat(of(any)).isEqualTo("new");
    assertThat(looks).hasValue(5);
    seen = "newest";
    waiters.moved(3, "other");
    assertThat(of(other)).isEqualTo("newest");
    assertThat(looks).hasValue(6);
  }

  @Test
  void aGapInTheRevisionsCallsEverybody() {
    var waiters = waiters(1, NEVER);
    waiters.moved(1, "m");
    var answer = waiting(waiters, "other");
    seen = "new";
    waiters.moved(3, "m");
    assertThat(of(answer)).isEqualTo("new");
  }

  @Test
  void goesOnAfterACallThatBroughtNoNews() {
    var waiters = waiters(1, NEVER);
    var answer = waiting(waiters, "m");
    waiters.moved(1, "m");
    await(() -> looks.get() == 2);
    assertThat(answer).isNotDone();
    seen = "new";
    waiters.moved(2, "m");
    assertThat(of(answer)).isEqualTo("new");
  }

  @Test
  void endsWhenTheTimeIsOver() {
    var waiters = waiters(1, SOON);
    var answer = waiting(waiters, "m");
    nanos.addAndGet(Duration.ofSeconds(30).toNanos() - 1);
    await(() -> storedReads.get() > 0);
    assertThat(answer).isNotDone();
    nanos.addAndGet(1);
    assertThat(of(answer)).isEqualTo("old");
  }

  @Test
  void oneOfThemLooksForAllAtWhatOtherProcessesWrote() {
    var waiters = waiters(2, SOON);
    stored.set(5);
    // None of them looks before both wait.
    nanos.set(-1);
    var one = waiting(waiters, "m");
    var two = waiting(waiters, "n");
    nanos.set(0);
    // Nobody knew of 5, so both are called.
    await(() -> looks.get() == 4);
    assertThat(storedReads).hasValue(1);
    seen = "new";
    stored.set(6);
    assertThat(one).isNotDone();
    nanos.addAndGet(SOON.toNanos());
    assertThat(of(one)).isEqualTo("new");
    assertThat(of(two)).isEqualTo("new");
    assertThat(storedReads).hasValue(2);
  }

  /** One that waits ends its waiting all the time, just when a call may come. */
  @Test
  void noCallIsLostBetweenTwoWaits() {
    var waiters = waiters(1, Duration.ofNanos(1_000));
    for (int revision = 1; revision <= 1_000; revision++) {
      seen = "old";
      var answer = waiting(waiters, "m");
      seen = "new";
      waiters.moved(revision, "m");
      assertThat(of(answer)).as("revision %s", revision).isEqualTo("new");
    }
  }

  @Test
  void aCallerWhoLeftGivesItsPlaceToAnother() {
    var waiters = waiters(1, SOON);
    var left = waiting(waiters, "m");
    there = false;
    assertThat(of(left)).isEqualTo("old");
    there = true;
    var next = waiting(waiters, "m");
    seen = "new";
    waiters.moved(1, "m");
    assertThat(of(next)).isEqualTo("new");
  }

  @Test
  void refusesThoseForWhomThereIsNoPlace() {
    var waiters = waiters(1, NEVER);
    var first = waiting(waiters, "m");
    assertThatThrownBy(() -> waitFor(waiters, "m"))
        .hasMessageStartingWith("1 requests wait for aliases to move, and this store lets no more")
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
              assertThat(e.code().status()).isEqualTo(429);
            });
    waiters.stop();
    assertThat(of(first)).isEqualTo("old");
  }

  @Test
  void aStopAnswersThoseWhoWaitAndThoseWhoCome() {
    var waiters = waiters(2, NEVER);
    var answer = waiting(waiters, "m");
    waiters.stop();
    assertThat(of(answer)).isEqualTo("old");
    assertThat(waitFor(waiters, "m")).isEqualTo("old");
  }

  @Test
  void aLookThatFailsGivesThePlaceBack() {
    var waiters = waiters(1, NEVER);
    assertThatThrownBy(() -> waiters.await(wait("m"), this::fail, _ -> false)).hasMessage("gone");
    seen = "new";
    assertThat(waitFor(waiters, "m")).isEqualTo("new");
  }

  @Test
  void anInterruptEndsTheWait() throws InterruptedException {
    var waiters = waiters(1, NEVER);
    var thread = Thread.ofVirtual().start(() -> waitFor(waiters, "m"));
    await(() -> waiters.count() == 1);
    thread.interrupt();
    assertThat(thread.join(LIMIT)).isTrue();
    assertThat(waiters.count()).isZero();
  }

  private AliasWaiters waiters(int most, Duration recheck) {
    return new AliasWaiters(most, recheck, this::readStored, nanos::get);
  }

  private long readStored() {
    storedReads.incrementAndGet();
    return stored.get();
  }

  /** A request that waits, and has looked in vain. */
  private CompletableFuture<String> waiting(AliasWaiters waiters, String model) {
    return waiting(waiters, model, "new");
  }

  private CompletableFuture<String> waiting(AliasWaiters waiters, String model, String word) {
    int before = looks.get();
    var answer =
        CompletableFuture.supplyAsync(
            () -> waitFor(waiters, model, word), Thread::startVirtualThread);
    await(() -> looks.get() > before);
    return answer;
  }

  private String waitFor(AliasWaiters waiters, String model) {
    return waitFor(waiters, model, "new");
  }

  private String waitFor(AliasWaiters waiters, String model, String word) {
    return waiters.await(
        wait(model),
        () -> {
          var now = seen;
          looks.incrementAndGet();
          return now;
        },
        word::equals);
  }

  private AliasWaiters.Wait wait(String model) {
    return new AliasWaiters.Wait(model, Duration.ofSeconds(30), () -> there);
  }

  private String fail() {
    throw new IllegalStateException("gone");
  }

  private static String of(CompletableFuture<String> answer) {
    return answer.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
  }
}
