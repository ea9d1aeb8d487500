package dev.millrace.store.webhook;

import dev.millrace.store.failure.StoreException;
import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a webhook is sent.
 *
 * @param host a name or an address, the one of IPv6 without brackets
 * @param target path and query as the request line has them
 * @param userInfo {@code user:password}, still percent-encoded
 */
record WebhookUrl(String scheme, String host, int port, String target, @Nullable String userInfo) {
  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):.*", Pattern.DOTALL);
  // java.net.URI knows no host with an underscore, which names in containers have.
  private static final Pattern AUTHORITY =
      Pattern.compile(
          "(?:(?<user>[^@]*)@)?(?<host>\\[[0-9A-Fa-f:.]+]|[\\w.-]+)(?::(?<port>\\d{0,5}))?",
          Pattern.UNICODE_CHARACTER_CLASS);
  // Octal to some programs, decimal to others.
  private static final Pattern LEADING_ZERO = Pattern.compile("(\\d+\\.)*0\\d+(\\.\\d+)*");
  private static final int MAX_PORT = 65_535;

  static WebhookUrl parse(String text, Set<String> schemes) {
    if (text.isBlank()) {
      throw StoreException.invalid(
          "Webhook URL cannot be empty or just whitespace: '%s'".formatted(text));
    }
    var scheme = scheme(text);
    if (!schemes.contains(scheme)) {
      throw StoreException.invalid(
          "Invalid webhook URL scheme: '%s'. Allowed schemes are: %s."
              .formatted(scheme, String.join(", ", schemes)));
    }
    return parse(text, uri(text), scheme);
  }

  boolean isSecure() {
    return scheme.equals("https");
  }

  /** What the Host header says. */
  String hostAndPort() {
    var name = host.contains(":") ? "[" + host + "]" : host;
    return port == defaultPort(scheme) ? name : name + ":" + port;
  }

  private static WebhookUrl parse(String text, URI uri, String scheme) {
    var authority = uri.getRawAuthority();
    if (authority == null || authority.startsWith(":") || authority.endsWith("@")) {
      throw StoreException.invalid("Webhook URL must include a hostname: '%s'".formatted(text));
    }
    var parts = AUTHORITY.matcher(authority);
    if (!parts.matches()) {
      throw invalid(text, "'" + authority + "' is no HOST or HOST:PORT");
    }
    var digits = parts.group("port");
    var port = digits == null || digits.isEmpty() ? defaultPort(scheme) : Integer.parseInt(digits);
    if (port < 1 || port > MAX_PORT) {
      throw invalid(text, "the port must lie between 1 and " + MAX_PORT);
    }
    return new WebhookUrl(
        scheme, host(text, parts.group("host")), port, target(uri), parts.group("user"));
  }

  private static String scheme(String text) {
    var matcher = SCHEME.matcher(text);
    return matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
  }

  private static URI uri(String text) {
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      throw invalid(text, e.getReason());
    }
  }

  private static String host(String text, String host) {
    if (LEADING_ZERO.matcher(host).matches()) {
      throw invalid(text, "write the address without leading zeros");
    }
    if (host.startsWith("[")) {
      return host.substring(1, host.length() - 1);
    }
    try {
      return IDN.toASCII(host);
    } catch (IllegalArgumentException e) {
      throw invalid(text, String.valueOf(e.getMessage()));
    }
  }

  private static String target(URI uri) {
    var ascii = URI.create(uri.toASCIIString());
    var path =
        ascii.getRawPath() == null || ascii.getRawPath().isEmpty() ? "/" : ascii.getRawPath();
    return ascii.getRawQuery() == null ? path : path + "?" + ascii.getRawQuery();
  }

  private static int defaultPort(String scheme) {
    return scheme.equals("https") ? 443 : 80;
  }

  private static StoreException invalid(String text, String why) {
    return StoreException.invalid("Invalid webhook URL '%s': %s".formatted(text, why));
  }
}
