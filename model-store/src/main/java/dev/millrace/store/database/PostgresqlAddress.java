package dev.millrace.store.database;

import dev.millrace.store.failure.StartFailure;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a PostgreSQL database is, and who asks.
 *
 * @param url for JDBC, without what only the owner may know when it came in MLflow's form
 * @param place what messages call it: hosts and name, never a password
 * @param user empty when the address of JDBC names one, or the system's user is meant
 */
record PostgresqlAddress(String url, String place, String user, String password) {
  private static final String FORMS =
      "Write postgresql://USER:PASSWORD@HOST:PORT/NAME or jdbc:postgresql://HOST:PORT/NAME, or leave it empty for SQLite.";
  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][\\w+.-]{0,40}:).*", Pattern.DOTALL);
  private static final String HOST = "(?:[\\w.-]+|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?";
  private static final String PLACE =
      "(?<place>%s(?:,%s)*/[^/?#@]+)(?<query>\\?[^#]*)?".formatted(HOST, HOST);
  private static final Pattern MLFLOW =
      Pattern.compile(
          "postgres(?:ql)?(?:\\+\\w+)?://(?:(?<user>[^:/@]*)(?::(?<password>[^@]*))?@)?" + PLACE);
  private static final Pattern JDBC = Pattern.compile("jdbc:postgresql://" + PLACE);

  /** Reads an address; user and password that are not empty win over those in it. */
  static PostgresqlAddress parse(String text, String user, String password) {
    var mlflow = MLFLOW.matcher(text);
    if (mlflow.matches()) {
      return new PostgresqlAddress(
          url(mlflow),
          mlflow.group("place"),
          user.isEmpty() ? decoded(mlflow.group("user")) : user,
          password.isEmpty() ? decoded(mlflow.group("password")) : password);
    }
    var jdbc = JDBC.matcher(text);
    if (jdbc.matches()) {
      return new PostgresqlAddress(url(jdbc), jdbc.group("place"), user, password);
    }
    throw unknown(text);
  }

  private static String url(Matcher address) {
    return "jdbc:postgresql://"
        + address.group("place")
        + Objects.requireNonNullElse(address.group("query"), "");
  }

  private static String decoded(@Nullable String part) {
    try {
      // Only in forms does a plus mean a space.
      var text = Objects.requireNonNullElse(part, "").replace("+", "%2B");
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw new StartFailure(
          "USER or PASSWORD in MILLRACE_STORE_DATABASE has a '%' that no two hexadecimal digits follow. Write it as %25.");
    }
  }

  /** Says nothing of the text but its scheme: the rest may hold a password. */
  private static StartFailure unknown(String text) {
    var scheme = SCHEME.matcher(text);
    if (scheme.matches() && !scheme.group(1).matches("(jdbc|postgres(ql)?(\\+\\w+)?):")) {
      return new StartFailure(
          "MILLRACE_STORE_DATABASE begins with '%s', which is no database that the store takes. %s"
              .formatted(scheme.group(1), FORMS));
    }
    return new StartFailure(
        "MILLRACE_STORE_DATABASE is no address of a PostgreSQL database. " + FORMS);
  }

  /** Without the password. */
  @Override
  public String toString() {
    return place;
  }
}
