package dev.millrace.serving.api.tfs;

import java.util.Locale;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RequestPredicate;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.ServerRequest;

/**
 * Whether a request says what it accepts, and names no page among it: browsers always name one, the
 * HTTP clients of programs do not.
 */
final class FromProgram implements RequestPredicate {
  private static final String PAGE = MediaType.TEXT_HTML_VALUE;

  @Override
  public boolean test(ServerRequest request) {
    // As it came: a header that is no list of types is no browser's either, and no reason to fail.
    var accepted = request.headers().header(HttpHeaders.ACCEPT);
    return !accepted.isEmpty()
        && accepted.stream().noneMatch(types -> types.toLowerCase(Locale.ROOT).contains(PAGE));
  }

  @Override
  public void accept(RequestPredicates.Visitor visitor) {
    visitor.header(HttpHeaders.ACCEPT, "no page");
  }
}
