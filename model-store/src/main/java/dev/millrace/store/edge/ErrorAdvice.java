package dev.millrace.store.edge;

import dev.millrace.store.database.DatabaseFailure;
import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.UUID;
import org.apache.catalina.connector.ClientAbortException;
import org.apache.coyote.BadRequestException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.servlet.NoHandlerFoundException;

/** Turns what goes wrong into MLflow's error bodies; the stack trace stays in the log. */
@RestControllerAdvice
final class ErrorAdvice {
  private static final Logger log = LoggerFactory.getLogger(ErrorAdvice.class);

  /** MLflow's error body. */
  record Failure(String errorCode, String message) {}

  @ExceptionHandler
  ResponseEntity<Failure> refused(StoreException refusal) {
    return answer(refusal.code().status(), refusal.code(), String.valueOf(refusal.getMessage()));
  }

  @ExceptionHandler
  ResponseEntity<Failure> noRoute(NoHandlerFoundException e, HttpServletRequest request) {
    return answer(
        404,
        ErrorCode.ENDPOINT_NOT_FOUND,
        "There is no route "
            + request.getMethod()
            + " "
            + request.getRequestURI()
            + ". GET / lists what this store can do.");
  }

  @ExceptionHandler
  ResponseEntity<Failure> wrongMethod(
      HttpRequestMethodNotSupportedException e, HttpServletRequest request) {
    return answer(
        405,
        ErrorCode.ENDPOINT_NOT_FOUND,
        "%s does not take %s but %s."
            .formatted(request.getRequestURI(), e.getMethod(), e.getSupportedHttpMethods()));
  }

  /** A client that went away gets no answer; an upload that broke off left nothing. */
  @ExceptionHandler({ClientAbortException.class, BadRequestException.class})
  ResponseEntity<Failure> brokenConnection(IOException e) {
    return answer(
        400,
        ErrorCode.INVALID_PARAMETER_VALUE,
        "The request broke off before its end. Send it again.");
  }

  @ExceptionHandler
  ResponseEntity<Failure> deletedMeanwhile(NoSuchFileException e) {
    return answer(
        404, ErrorCode.RESOURCE_DOES_NOT_EXIST, "The file was deleted while it was looked up.");
  }

  @ExceptionHandler
  ResponseEntity<Failure> tooBusy(CannotCreateTransactionException e) {
    log.warn("A request found no free database connection in time: reason={}", e.getMessage());
    return answer(
        503,
        ErrorCode.TEMPORARILY_UNAVAILABLE,
        "The store has more to do than it can. Try again in a moment.");
  }

  @ExceptionHandler
  ResponseEntity<Failure> unexpected(Exception e, HttpServletRequest request) {
    if (e instanceof ErrorResponse refusal && refusal.getStatusCode().is4xxClientError()) {
      var detail = String.valueOf(refusal.getBody().getDetail());
      return answer(refusal.getStatusCode().value(), ErrorCode.INVALID_PARAMETER_VALUE, detail);
    }
    var disk = DiskFailure.refusal(e, request.getMethod()).or(() -> DatabaseFailure.refusal(e));
    if (disk.isPresent()) {
      log.warn(
          "The disk or the database refused a request: method={} path={} reason={}",
          request.getMethod(),
          request.getRequestURI(),
          e.getMessage());
      return refused(disk.get());
    }
    var id = UUID.randomUUID();
    log.error(
        "Request failed: id={} method={} path={}",
        id,
        request.getMethod(),
        request.getRequestURI(),
        e);
    return answer(
        500,
        ErrorCode.INTERNAL_ERROR,
        "The store failed at this request; its log has the reason under id " + id + ".");
  }

  private static ResponseEntity<Failure> answer(int status, ErrorCode code, String message) {
    return ResponseEntity.status(HttpStatusCode.valueOf(status))
        .contentType(MediaType.APPLICATION_JSON)
        .body(new Failure(code.name(), message));
  }
}
