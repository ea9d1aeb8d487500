package dev.millrace.serving.repository;

import static dev.millrace.serving.fake.FakeEngine.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fake.FakeMlflow.Fault;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A repository that the store tells of moves; by itself it looks again long after every test. */
class StoreRepositoryWatchTest extends StoreRepositoryFixture {
  private static final Duration POLL = Duration.ofMillis(20);

  @Test
  void followsAMoveThatTheStoreTellsOfWithoutWaitingForTheNextPoll() throws IOException {
    publish("digits", "1", "1");
    publish("digits", "2", "2");
    store.alias("digits", "champion", "1");
    store.tellMoves();
    repository.start();
    await(() -> live("digits").equals("1"));

    store.alias("digits", "champion", "2");
    await(() -> live("digits").equals("2"));
    store.deleteAlias("digits", "champion");
    await(() -> !catalog().ready("digits", null));
  }

  @Test
  void followsAMoveThatCameDuringALoadOnceTheLoadIsOver() throws IOException {
    publish("digits", "1", "1");
    publish("digits", "2", "2");
    store.tellMoves();
    repository.start();
    await(() -> store.questionsForMoves() > 1);
    store.holdDownloads();
    store.alias("digits", "champion", "1");
    await(() -> store.downloads() > 0);
    int looks = store.looks();

    store.alias("digits", "champion", "2");
    await(() -> store.looks() > looks);
    store.releaseDownloads();
    await(() -> live("digits").equals("2"));
  }

  /** A proxy in between may deny, while the store is away, that there is such a route. */
  @ParameterizedTest
  @EnumSource(names = {"DOWN", "NO_ROUTE"})
  void watchesAgainOnceTheStoreIsBack(Fault fault) throws IOException {
    publish("digits", "1", "1");
    publish("digits", "2", "2");
    store.alias("digits", "champion", "1");
    store.tellMoves();
    repository.start();
    await(() -> live("digits").equals("1") && store.questionsForMoves() > 1);

    breakForAQuestion(fault);
    store.alias("digits", "champion", "2");
    store.breakBy(Fault.NONE);
    await(() -> live("digits").equals("2"));
  }

  @Test
  void asksAStoreThatCannotTellOnlyOnce() throws IOException {
    publish("digits", "1", "1");
    publish("digits", "2", "2");
    store.alias("digits", "champion", "1");
    repository = repository(POLL);
    repository.start();
    await(() -> live("digits").equals("1"));
    store.alias("digits", "champion", "2");
    await(() -> live("digits").equals("2"));
    int looks = store.looks();
    await(() -> store.looks() >= looks + 3);
    assertThat(store.questionsForMoves()).isEqualTo(1);
  }

  @Test
  void doesNotAskWhereItIsToldToPollOnly() throws IOException {
    store.tellMoves();
    repository = repository(POLL, Duration.ZERO);
    repository.start();
    await(() -> store.looks() >= 3);
    assertThat(store.questionsForMoves()).isZero();
  }

  /** Until it asks again, after the question that the fault answered. */
  private void breakForAQuestion(Fault fault) {
    store.breakBy(fault);
    int asked = store.questionsForMoves();
    await(() -> store.questionsForMoves() > asked);
  }

  @Override
  StoreRepository repository() {
    return repository(Duration.ofMinutes(10));
  }
}
