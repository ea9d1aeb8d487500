package dev.millrace.store.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens the database file, and brings its tables up to date first. */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {
  private static final int READERS = 4;
  private static final int BUSY_MILLIS = 10_000;

  @Bean
  Database database(@Value("${millrace.home}/store") Path folder) throws IOException {
    Files.createDirectories(folder);
    var writer = new HikariDataSource(writer("jdbc:sqlite:" + folder.resolve("millrace.db")));
    Flyway.configure().dataSource(writer).load().migrate();
    return new Database(writer, new HikariDataSource(readers(writer.getJdbcUrl())));
  }

  private static HikariConfig writer(String url) {
    var config = connections(url, "store-writer", 1);
    config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
    return config;
  }

  private static HikariConfig readers(String url) {
    var config = connections(url, "store-reader", READERS);
    config.setConnectionInitSql("PRAGMA query_only = 1");
    return config;
  }

  private static HikariConfig connections(String url, String name, int count) {
    var config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(count);
    config.setMaxLifetime(0);
    config.addDataSourceProperty("journal_mode", "WAL");
    // In WAL mode NORMAL would lose the last transactions when the machine loses power.
    config.addDataSourceProperty("synchronous", "FULL");
    config.addDataSourceProperty("foreign_keys", "true");
    config.addDataSourceProperty("busy_timeout", String.valueOf(BUSY_MILLIS));
    return config;
  }
}
