package dev.millrace.store.database;

import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** Transactions that end well for the connection even when the disk is full. */
final class WriterTransactions extends DataSourceTransactionManager {
  private static final long serialVersionUID = 1L;

  WriterTransactions(DataSource writer) {
    super(writer);
    // A commit that fails must not be made later on.
    setRollbackOnCommitFailure(true);
  }

  @Override
  protected void doRollback(DefaultTransactionStatus status) {
    try {
      super.doRollback(status);
    } catch (TransactionException e) {
      // SQLite has rolled back already when it found no room; the reason is under way to the
      // client.
      if (!String.valueOf(e.getMostSpecificCause().getMessage()).contains("no transaction")) {
        throw e;
      }
    }
  }
}
