package dev.millrace.store.database;

import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;

/** Tells what an operator can put right from what is a fault of the store. */
public final class DatabaseFailure {
  private static final int SQLITE_READONLY = 8;
  private static final int SQLITE_FULL = 13;
  private static final String POSTGRES_DISK_FULL = "53100";
  private static final String POSTGRES_READ_ONLY = "25006";

  private DatabaseFailure() {}

  /** The refusal that says so; empty when the failure is another. */
  public static Optional<StoreException> refusal(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return refusal(sql);
      }
    }
    return Optional.empty();
  }

  private static Optional<StoreException> refusal(SQLException cause) {
    var state = Objects.requireNonNullElse(cause.getSQLState(), "");
    if (cause.getErrorCode() == SQLITE_FULL || state.equals(POSTGRES_DISK_FULL)) {
      return Optional.of(
          new StoreException(
              ErrorCode.RESOURCE_LIMIT_EXCEEDED,
              "The disk of the store's database is full; nothing was stored. Give it more room, and"
                  + " send it again."));
    }
    if (cause.getErrorCode() == SQLITE_READONLY || state.equals(POSTGRES_READ_ONLY)) {
      return Optional.of(
          new StoreException(
              ErrorCode.TEMPORARILY_UNAVAILABLE,
              "The store's database cannot be written to; nothing was stored. Give the store write"
                  + " access to it, and send it again."));
    }
    return Optional.empty();
  }
}
