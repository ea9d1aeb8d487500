package dev.millrace.store.edge;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask.
 *
 * @param token what a request must carry, empty when none is asked for
 */
record AccessRule(String token) {
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  boolean allowsToken(String path, @Nullable String authorization) {
    if (token.isEmpty() || path.equals("/health")) {
      return true;
    }
    // Takes the same time however much of the token is right.
    return authorization != null
        && MessageDigest.isEqual(bytes("Bearer " + token), bytes(authorization));
  }

  /**
   * Whether a page of this origin may change something. The request's own host is no proof without
   * a token: a foreign name may resolve to this machine.
   */
  boolean allowsOrigin(String method, @Nullable String origin, String host) {
    if (origin == null || READING.contains(method)) {
      return true;
    }
    try {
      var uri = URI.create(origin);
      return uri.getHost() != null
          && (LOOPBACK.contains(uri.getHost())
              || (!token.isEmpty() && host.equals(uri.getAuthority())));
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
