package dev.millrace.store.edge;

import dev.millrace.store.failure.ErrorCode;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers what Tomcat gives up on under way, an upload that breaks off or stalls for instance. */
@RestController
final class ErrorPage implements ErrorController {
  @RequestMapping("/error")
  ResponseEntity<ErrorAdvice.Failure> answer(HttpServletRequest request) {
    // There is no status when a client asks for this very path.
    var status =
        request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
            ? code
            : 404;
    return ResponseEntity.status(status)
        .contentType(MediaType.APPLICATION_JSON)
        .body(failure(status));
  }

  private static ErrorAdvice.Failure failure(int status) {
    return switch (status) {
      case 400, 408 ->
          new ErrorAdvice.Failure(
              ErrorCode.INVALID_PARAMETER_VALUE.name(),
              "The request broke off before its end. Send it again.");
      case 404 ->
          new ErrorAdvice.Failure(
              ErrorCode.ENDPOINT_NOT_FOUND.name(),
              "There is no such route. GET / lists what this store can do.");
      default ->
          new ErrorAdvice.Failure(
              ErrorCode.INTERNAL_ERROR.name(),
              "The store failed at this request with status %s; its log has the reason."
                  .formatted(status));
    };
  }
}
