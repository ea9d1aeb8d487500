package dev.millrace.trainer.api;

import dev.millrace.trainer.retraining.RecipeException;
import dev.millrace.trainer.retraining.RetrainingBusyException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Every failure of a request as {@code {"error": "..."}} with the status it deserves. */
@RestControllerAdvice
class ErrorAnswers {
  private static final Logger log = LoggerFactory.getLogger(ErrorAnswers.class);

  @ExceptionHandler({BadRequestException.class, RecipeException.class})
  ResponseEntity<Map<String, String>> badRequest(RuntimeException e) {
    return answer(HttpStatus.BAD_REQUEST, e.getMessage());
  }

  @ExceptionHandler
  ResponseEntity<Map<String, String>> busy(RetrainingBusyException e) {
    return answer(HttpStatus.CONFLICT, e.getMessage());
  }

  /** The outermost handler: nothing of an error of ours but this sentence reaches a caller. */
  @ExceptionHandler
  ResponseEntity<Map<String, String>> other(Exception e) {
    if (e instanceof ErrorResponse response) {
      return answer(response.getStatusCode(), response.getBody().getDetail());
    }
    log.error("Request failed", e);
    return answer(HttpStatus.INTERNAL_SERVER_ERROR, "The trainer failed; its log says why.");
  }

  private static ResponseEntity<Map<String, String>> answer(
      HttpStatusCode status, @Nullable String error) {
    return ResponseEntity.status(status).body(Map.of("error", String.valueOf(error)));
  }
}
