package dev.millrace.store.edge;

import dev.millrace.store.failure.ErrorCode;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import org.springframework.web.filter.OncePerRequestFilter;
import tools.jackson.databind.json.JsonMapper;

/** Lets in who has the token or a signed link, and does not come from a foreign web page. */
final class AccessFilter extends OncePerRequestFilter {
  private final AccessRule rule;
  private final SignedLinks links;
  private final JsonMapper json;

  AccessFilter(AccessRule rule, SignedLinks links, JsonMapper json) {
    this.rule = rule;
    this.links = links;
    this.json = json;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("X-Frame-Options", "SAMEORIGIN");
    var link = links.verdict(request);
    if (!rule.allowsOrigin(request.getMethod(), request.getHeader("Origin"), host(request))) {
      refuse(response, ErrorCode.PERMISSION_DENIED, "Cross-origin request blocked");
    } else if (link == SignedLinks.Verdict.REFUSED) {
      refuse(
          response,
          ErrorCode.PERMISSION_DENIED,
          "This link has expired, or is for another method or path. Ask for a new one where it came"
              + " from.");
    } else if (link == SignedLinks.Verdict.UNSIGNED
        && !rule.allowsToken(request.getRequestURI(), request.getHeader("Authorization"))) {
      response.setHeader("WWW-Authenticate", "Bearer");
      refuse(
          response,
          ErrorCode.UNAUTHENTICATED,
          "This store asks for a token. Send 'Authorization: Bearer TOKEN'; mlflow clients do so"
              + " with MLFLOW_TRACKING_TOKEN set.");
    } else {
      chain.doFilter(request, response);
    }
  }

  private static String host(HttpServletRequest request) {
    return Objects.requireNonNullElse(request.getHeader("Host"), "");
  }

  private void refuse(HttpServletResponse response, ErrorCode code, String message)
      throws IOException {
    response.setStatus(code.status());
    response.setContentType("application/json");
    response
        .getOutputStream()
        .write(json.writeValueAsBytes(new ErrorAdvice.Failure(code.name(), message)));
  }
}
