package dev.millrace.store.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;

class AttemptsTest {
  private final Attempts attempts = new Attempts();
  private final AtomicInteger tries = new AtomicInteger();

  @ParameterizedTest
  @ValueSource(strings = {"40001", "40P01", "23505", "23503", "08006", "57P01"})
  void doesAgainWhatSomethingGotInTheWayOf(String state) {
    var result =
        attempts.of(
            () -> {
              if (tries.incrementAndGet() < 3) {
                throw failure(state);
              }
              return "done";
            });
    assertThat(result).isEqualTo("done");
    assertThat(tries).hasValue(3);
  }

  @Test
  void givesUpInTheEnd() {
    refused("40001", ErrorCode.TEMPORARILY_UNAVAILABLE, "Others are changing the same things.");
    assertThat(tries).hasValue(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          55P03 | TEMPORARILY_UNAVAILABLE | The database did not get to this request in time.
          57014 | TEMPORARILY_UNAVAILABLE | The database did not get to this request in time.
          22021 | INVALID_PARAMETER_VALUE | has the character NUL
          54000 | INVALID_PARAMETER_VALUE | larger than the database takes
          """)
  void saysWhatHappened(String state, ErrorCode code, String message) {
    refused(state, code, message);
    assertThat(tries).hasValue(1);
  }

  /** The interrupt has closed the connection, and would close the next. */
  @Test
  void whoIsInterruptedDoesNotTryAgain() {
    Thread.currentThread().interrupt();
    try {
      refused("08006", ErrorCode.TEMPORARILY_UNAVAILABLE, "The store's database does not answer.");
      assertThat(tries).hasValue(1);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aCommitThatBreaksIsNotDoneAgain() {
    assertThatThrownBy(
            () ->
                attempts.of(
                    () -> {
                      tries.incrementAndGet();
                      throw new TransactionSystemException(
                          "commit failed", new SQLException("broken", "08006"));
                    }))
        .hasMessageStartingWith("The store's database does not answer.");
    assertThat(tries).hasValue(1);
  }

  @Test
  void aRollbackThatFailsTooDoesNotHideWhatFailedFirst() {
    var failure = new TransactionSystemException("rollback failed", new SQLException("closed"));
    failure.initApplicationException(failure("08006"));
    assertThatThrownBy(
            () ->
                attempts.of(
                    () -> {
                      throw failure;
                    }))
        .hasMessageStartingWith("The store's database does not answer.");
  }

  @Test
  void aRefusalStaysARefusalWhenTheRollbackFails() {
    var failure = new TransactionSystemException("rollback failed", new SQLException("closed"));
    failure.initApplicationException(StoreException.missing("No such run"));
    assertThatThrownBy(
            () ->
                attempts.of(
                    () -> {
                      throw failure;
                    }))
        .hasMessage("No such run");
  }

  @Test
  void oneKindOfFailureIsAboutNulOnlyWhereTheMessageSaysSo() {
    var nul = new SQLException("Zero bytes may not occur in string parameters.", "22023");
    assertThatThrownBy(
            () ->
                attempts.of(
                    () -> {
                      throw new DataAccessResourceFailureException("outer", nul);
                    }))
        .hasMessageContaining("has the character NUL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"42P01", "22023"})
  void leavesOtherFailuresAsTheyAre(String state) {
    var failure = failure(state);
    assertThatThrownBy(
            () ->
                attempts.of(
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
  }

  @Test
  void whoWaitsForAConnectionMeanwhileHearsTheSame() {
    assertThatThrownBy(() -> attempts.of(AttemptsTest::noConnection))
        .isInstanceOf(CannotCreateTransactionException.class);
    refused("08006", ErrorCode.TEMPORARILY_UNAVAILABLE, "does not answer");
    assertThatThrownBy(() -> attempts.of(AttemptsTest::noConnection))
        .hasMessageStartingWith("The store's database does not answer.");
    attempts.of(() -> "back");
    assertThatThrownBy(() -> attempts.of(AttemptsTest::noConnection))
        .isInstanceOf(CannotCreateTransactionException.class);
  }

  private void refused(String state, ErrorCode code, String message) {
    assertThatThrownBy(
            () ->
                attempts.of(
                    () -> {
                      tries.incrementAndGet();
                      throw failure(state);
                    }))
        .isInstanceOfSatisfying(
            StoreException.class, refusal -> assertThat(refusal.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static DataAccessException failure(String state) {
    return new DataAccessResourceFailureException("outer", new SQLException("inner", state));
  }

  private static String noConnection() {
    throw new CannotCreateTransactionException("no connection", new SQLException("pool is empty"));
  }
}
