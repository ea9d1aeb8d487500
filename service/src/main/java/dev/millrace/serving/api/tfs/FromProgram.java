package dev.millrace.serving.api.tfs;

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
  @Override
  public boolean test(ServerRequest request) {
    var accepted = request.headers().accept();
    return !accepted.isEmpty()
        && accepted.stream().noneMatch(type -> type.equalsTypeAndSubtype(MediaType.TEXT_HTML));
  }

  @Override
  public void accept(RequestPredicates.Visitor visitor) {
    visitor.header(HttpHeaders.ACCEPT, "no page");
  }
}
