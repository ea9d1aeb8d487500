package dev.millrace.store.database;

import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import org.springframework.transaction.TransactionSystemException;

/**
 * What a failure of the database means for whoever asked. Read from SQLSTATE, which SQLite has not.
 */
enum Trouble {
  /** Others did something at the same time; done again, the work sees what they did. */
  CONFLICT,
  /** The database does not answer. */
  AWAY,
  /** It took too long. */
  BUSY,
  /** A text has the character NUL. */
  NUL,
  /** A value is too large for its column or its index. */
  TOO_LARGE,
  /** Something that should not happen. */
  OTHER;

  static Trouble of(Throwable failure) {
    return cause(failure).map(Trouble::named).orElse(OTHER);
  }

  /** The first SQLSTATE among the causes. */
  static Optional<String> state(Throwable failure) {
    return cause(failure).map(SQLException::getSQLState);
  }

  private static Optional<SQLException> cause(Throwable failure) {
    for (var cause = origin(failure); cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException e && e.getSQLState() != null) {
        return Optional.of(e);
      }
    }
    return Optional.empty();
  }

  /** What failed first: that a broken connection could not roll back only followed from it. */
  static Throwable origin(Throwable failure) {
    return failure instanceof TransactionSystemException e
        ? Objects.requireNonNullElse(e.getApplicationException(), e)
        : failure;
  }

  private static Trouble named(SQLException cause) {
    var state = cause.getSQLState();
    return switch (state) {
      // Serialization failure, deadlock; a key that was given, or a row that went, after the
      // look-up.
      case "40001", "40P01", "23505", "23503" -> CONFLICT;
      // Shut down, crashed, starting; no free connection.
      case "57P01", "57P02", "57P03", "53300" -> AWAY;
      // A lock or an answer that did not come in time.
      case "55P03", "57014" -> BUSY;
      case "22021", "22P05" -> NUL;
      // Any parameter that will not do; this one the driver itself refuses.
      case "22023" -> String.valueOf(cause.getMessage()).contains("Zero bytes") ? NUL : OTHER;
      case "22001", "22003", "54000" -> TOO_LARGE;
      default -> state.startsWith("08") ? AWAY : OTHER;
    };
  }
}
