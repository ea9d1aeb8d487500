package dev.millrace.store.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.failure.StartFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresqlAddressTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          postgresql://me:secret@db:5433/store          | jdbc:postgresql://db:5433/store         | me   | secret
          postgres://me:secret@db/store                 | jdbc:postgresql://db/store              | me   | secret
          postgresql+psycopg2://me:s%40c%3Aret+@db/s    | jdbc:postgresql://db/s                  | me   | s@c:ret+
          postgresql://me:a:b/c@db/store?sslmode=require | jdbc:postgresql://db/store?sslmode=require | me | a:b/c
          postgresql://db/store                         | jdbc:postgresql://db/store              | ''   | ''
          postgresql://me@[::1]:5432/store              | jdbc:postgresql://[::1]:5432/store      | me   | ''
          postgresql://me@one:1,two:2/store             | jdbc:postgresql://one:1,two:2/store     | me   | ''
          jdbc:postgresql://db:5433/store?user=me       | jdbc:postgresql://db:5433/store?user=me | ''   | ''
          """)
  void readsWhatMlflowAndJdbcWrite(String text, String url, String user, String password) {
    var address = PostgresqlAddress.parse(text, "", "");
    assertThat(address.url()).isEqualTo(url);
    assertThat(address.user()).isEqualTo(user);
    assertThat(address.password()).isEqualTo(password);
  }

  @Test
  void whatIsSetApartWins() {
    var address = PostgresqlAddress.parse("postgresql://me:old@db/store", "you", "new");
    assertThat(address.user()).isEqualTo("you");
    assertThat(address.password()).isEqualTo("new");
    assertThat(address).hasToString("db/store");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mysql://me:secret@db/store", "sqlite:///secret.db", "C:\\secret"})
  void namesADatabaseThatItDoesNotTake(String text) {
    var scheme = text.substring(0, text.indexOf(':') + 1);
    refused(text, "MILLRACE_STORE_DATABASE begins with '" + scheme + "'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret",
        "postgresql://me:secret@db",
        "postgresql://me:secret@db/",
        "postgresql://me:secret@db:port/store",
        "postgresql:secret",
        "jdbc:postgresql://me:secret@db/store",
        "jdbc:postgresql:secret"
      })
  void tellsNothingOfWhatItDoesNotUnderstand(String text) {
    refused(text, "MILLRACE_STORE_DATABASE is no address of a PostgreSQL database. Write postgres");
  }

  @Test
  void wantsPercentSignsToBeWritten() {
    refused("postgresql://me:sec%ret@db/store", "has a '%' that no two hexadecimal digits follow");
  }

  private static void refused(String text, String message) {
    assertThatThrownBy(() -> PostgresqlAddress.parse(text, "", ""))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("secret");
  }
}
