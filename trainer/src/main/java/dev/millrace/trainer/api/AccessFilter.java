package dev.millrace.trainer.api;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Asks for the bearer token where one is set, and turns away pages of other sites in a local
 * browser.
 */
public final class AccessFilter extends OncePerRequestFilter {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private final @Nullable String token;

  /** A filter that asks for a token, or for none when it is null. */
  public AccessFilter(@Nullable String token) {
    this.token = token;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return request.getRequestURI().equals("/health");
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (!isTokenRight(request)) {
      response.setHeader("WWW-Authenticate", "Bearer");
      refuse(
          response,
          HttpServletResponse.SC_UNAUTHORIZED,
          "The token is missing or wrong. Send 'Authorization: Bearer TOKEN' with MILLRACE_TRAINER_TOKEN.");
    } else if (isForeign(request)) {
      refuse(
          response,
          HttpServletResponse.SC_FORBIDDEN,
          "Requests from pages of other sites are refused.");
    } else {
      chain.doFilter(request, response);
    }
  }

  private boolean isTokenRight(HttpServletRequest request) {
    if (token == null) {
      return true;
    }
    var sent = request.getHeader("Authorization");
    // Takes the same time whatever is sent, so that nobody can guess letter by letter.
    return sent != null && MessageDigest.isEqual(bytes("Bearer " + token), bytes(sent));
  }

  /**
   * Whether a page of another site asks. The request's own host is no proof without a token: a
   * foreign name may resolve to this machine.
   */
  private boolean isForeign(HttpServletRequest request) {
    var origin = request.getHeader("Origin");
    if (origin == null) {
      return false;
    }
    try {
      var uri = URI.create(origin);
      boolean local = uri.getHost() != null && LOOPBACK.contains(uri.getHost());
      boolean own =
          token != null && String.valueOf(uri.getAuthority()).equals(request.getHeader("Host"));
      return !local && !own;
    } catch (IllegalArgumentException _) {
      return true;
    }
  }

  private static void refuse(HttpServletResponse response, int status, String error)
      throws IOException {
    response.setStatus(status);
    response.setContentType("application/json");
    response.getWriter().write("{\"error\":\"" + error + "\"}");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
