package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** MLflow's page token: base64 of {@code {"offset": n}}. */
final class PageToken {
  private static final Pattern DECODED =
      Pattern.compile("\\{\\s*\"offset\"\\s*:\\s*(\\d{1,15})\\s*}");

  private PageToken() {}

  static String of(long offset) {
    var text = "{\"offset\": " + offset + "}";
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static long offset(@Nullable String token) {
    if (token == null || token.isEmpty()) {
      return 0;
    }
    var decoded = DECODED.matcher(decoded(token));
    if (!decoded.matches()) {
      throw StoreException.invalid(
          "Invalid page token '%s'. Send the next_page_token of an earlier answer."
              .formatted(token));
    }
    return Long.parseLong(decoded.group(1));
  }

  private static String decoded(String token) {
    try {
      return new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw StoreException.invalid(
          "Invalid page token, could not base64-decode '%s'".formatted(token));
    }
  }
}
