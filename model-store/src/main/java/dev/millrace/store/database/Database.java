package dev.millrace.store.database;

import com.zaxxer.hikari.HikariDataSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.jdbc.core.namedparam.SqlParameterSourceUtils;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The database: connections that write and connections that only read.
 *
 * <p>SQLite lets one connection write at a time and tells the others to come back. Here writers
 * queue for the one connection instead, so that none of them ever hears SQLITE_BUSY; readers see
 * the last committed state meanwhile. PostgreSQL has many writers: what a write relies on it locks
 * by {@link #locking}, and what others got in the way of is done again. A write is on disk when
 * {@link #write} returns.
 */
public final class Database implements AutoCloseable {
  private final Dialect dialect;
  private final HikariDataSource writers;
  private final HikariDataSource readers;
  private final JdbcClient writing;
  private final NamedParameterJdbcTemplate batches;
  private final JdbcClient reading;
  private final TransactionTemplate writes;
  private final TransactionTemplate reads;
  private final Attempts attempts = new Attempts();

  Database(Dialect dialect, HikariDataSource writers, HikariDataSource readers) {
    this.dialect = dialect;
    this.writers = writers;
    this.readers = readers;
    this.writing = JdbcClient.create(writers);
    this.batches = new NamedParameterJdbcTemplate(writers);
    this.reading = JdbcClient.create(readers);
    this.writes = new TransactionTemplate(new WriterTransactions(writers));
    this.reads = new TransactionTemplate(new DataSourceTransactionManager(readers));
  }

  /**
   * Does all of the work or, when it throws, nothing of it. Joins a write under way.
   *
   * @param work may run several times, each but the last without effect on the database
   */
  public <T extends @Nullable Object> T write(Supplier<T> work) {
    return isWriting() ? work.get() : attempts.of(() -> writes.execute(_ -> work.get()));
  }

  /**
   * Does all of the work or, when it throws, nothing of it. Joins a write under way.
   *
   * @param work may run several times, each but the last without effect on the database
   */
  public void write(Runnable work) {
    this.<@Nullable Void>write(
        () -> {
          work.run();
          return null;
        });
  }

  /** Reads one state of the database, however many queries it takes. */
  public <T extends @Nullable Object> T read(Supplier<T> work) {
    return isWriting() || isReading()
        ? work.get()
        : attempts.of(() -> reads.execute(_ -> work.get()));
  }

  /**
   * The client of the write or read under way on this thread; it cannot change anything outside a
   * write.
   */
  public JdbcClient jdbc() {
    return isWriting() ? writing : reading;
  }

  /** Runs a statement once for each row of parameters; belongs inside a write. */
  public void batch(String sql, List<Map<String, Object>> rows) {
    batches.batchUpdate(sql, SqlParameterSourceUtils.createBatch(rows));
  }

  /**
   * Ends a SELECT of the rows that the write under way relies on: others wait until it is over
   * before they change them. Empty in a read.
   */
  public String locking(Dialect.Lock lock) {
    return isWriting() ? dialect.locking(lock) : "";
  }

  /** Which database it is. */
  public Dialect dialect() {
    return dialect;
  }

  /** Does this once the write under way is on disk; not at all when that write is undone. */
  public void afterCommit(Runnable work) {
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            work.run();
          }
        });
  }

  private boolean isWriting() {
    return TransactionSynchronizationManager.hasResource(writers);
  }

  private boolean isReading() {
    return TransactionSynchronizationManager.hasResource(readers);
  }

  @Override
  public void close() {
    readers.close();
    writers.close();
  }
}
