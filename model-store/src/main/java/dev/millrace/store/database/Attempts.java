package dev.millrace.store.database;

import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionException;

/**
 * Does a transaction again when others got in its way, and says what the database's failures mean.
 *
 * <p>A use case looks before it writes. Where two look at once and both write, one of them fails at
 * a key; done again, it sees what the other wrote and answers as if it had come later.
 */
final class Attempts {
  private static final Logger log = LoggerFactory.getLogger(Attempts.class);
  private static final int MOST = 8;
  private static final long FIRST_PAUSE_NANOS = 4_000_000;

  private final AtomicBoolean away = new AtomicBoolean();

  /** Runs the transaction; it must leave nothing behind when it fails. */
  <T extends @Nullable Object> T of(Supplier<T> transaction) {
    for (int attempt = 1; ; attempt++) {
      try {
        var result = transaction.get();
        noteAnswer();
        return result;
      } catch (DataAccessException | TransactionException e) {
        if (!mayBeDoneAgain(e) || attempt == MOST || Thread.currentThread().isInterrupted()) {
          throw explained(e);
        }
        pause(attempt);
      }
    }
  }

  /** Not when the connection broke at the commit: nobody knows whether that was done. */
  private static boolean mayBeDoneAgain(RuntimeException failure) {
    return switch (Trouble.of(failure)) {
      case CONFLICT -> true;
      case AWAY -> Trouble.origin(failure) instanceof DataAccessException;
      case BUSY, NUL, TOO_LARGE, OTHER -> false;
    };
  }

  private RuntimeException explained(RuntimeException failure) {
    return switch (Trouble.of(failure)) {
      case CONFLICT -> unavailable("Others are changing the same things. Try again in a moment.");
      case AWAY -> away(failure);
      case BUSY ->
          unavailable(
              "The database did not get to this request in time. Try again in a moment, or ask for less.");
      case NUL ->
          StoreException.invalid(
              "A text of the request has the character NUL (\\u0000), which the database cannot keep. Leave it out.");
      case TOO_LARGE ->
          StoreException.invalid(
              "A value of the request is larger than the database takes. Send a shorter text or a smaller number.");
      // The pool tells only one of those who wait why it has no connection.
      case OTHER ->
          away.get() && failure instanceof CannotCreateTransactionException
              ? away(failure)
              : first(failure);
    };
  }

  private static RuntimeException first(RuntimeException failure) {
    return Trouble.origin(failure) instanceof RuntimeException first ? first : failure;
  }

  private StoreException away(RuntimeException failure) {
    // An interrupt closes the connection of who waits for an answer: the database is there.
    if (!Thread.currentThread().isInterrupted() && !away.getAndSet(true)) {
      log.warn("Database does not answer: reason={}", reason(failure));
    }
    return unavailable(
        "The store's database does not answer. The store goes on by itself when it does; try again in a moment.");
  }

  private void noteAnswer() {
    if (away.get() && away.getAndSet(false)) {
      log.info("Database answers again");
    }
  }

  private static StoreException unavailable(String message) {
    return new StoreException(ErrorCode.TEMPORARILY_UNAVAILABLE, message);
  }

  private static @Nullable String reason(Throwable failure) {
    var innermost = Trouble.origin(failure);
    for (var cause = innermost.getCause(); cause != null; cause = cause.getCause()) {
      innermost = cause;
    }
    return innermost.getMessage();
  }

  /** Longer each time and at random, so that those who collided do not meet again. */
  private static void pause(int attempt) {
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(FIRST_PAUSE_NANOS << attempt));
  }
}
