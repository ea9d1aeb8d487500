package dev.millrace.store.database;

import com.zaxxer.hikari.HikariDataSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The database: one connection that writes and several that read.
 *
 * <p>SQLite lets one connection write at a time and tells the others to come back. Here writers
 * queue for the one connection instead, so that none of them ever hears SQLITE_BUSY; readers see
 * the last committed state meanwhile. A write is on disk when {@link #write} returns.
 */
public final class Database implements AutoCloseable {
  private final HikariDataSource writer;
  private final HikariDataSource readers;
  private final JdbcClient writing;
  private final JdbcClient reading;
  private final TransactionTemplate writes;
  private final TransactionTemplate reads;

  Database(HikariDataSource writer, HikariDataSource readers) {
    this.writer = writer;
    this.readers = readers;
    this.writing = JdbcClient.create(writer);
    this.reading = JdbcClient.create(readers);
    this.writes = new TransactionTemplate(new DataSourceTransactionManager(writer));
    this.reads = new TransactionTemplate(new DataSourceTransactionManager(readers));
  }

  /** Does all of the work or, when it throws, nothing of it. Joins a write under way. */
  public <T extends @Nullable Object> T write(Supplier<T> work) {
    return writes.execute(_ -> work.get());
  }

  /** Does all of the work or, when it throws, nothing of it. Joins a write under way. */
  public void write(Runnable work) {
    writes.executeWithoutResult(_ -> work.run());
  }

  /** Reads one state of the database, however many queries it takes. */
  public <T extends @Nullable Object> T read(Supplier<T> work) {
    return isWriting() ? work.get() : reads.execute(_ -> work.get());
  }

  /**
   * The client of the write or read under way on this thread; it cannot change anything outside a
   * write.
   */
  public JdbcClient jdbc() {
    return isWriting() ? writing : reading;
  }

  private boolean isWriting() {
    return TransactionSynchronizationManager.hasResource(writer);
  }

  @Override
  public void close() {
    readers.close();
    writer.close();
  }
}
