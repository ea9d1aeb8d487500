package dev.millrace.store.edge;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.failure.ErrorCode;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers what Tomcat refuses before Spring sees it, a path above the root for instance. */
final class JsonErrorValve extends ErrorReportValve {
  private static final Logger log = LoggerFactory.getLogger(JsonErrorValve.class);

  @Override
  protected void report(Request request, Response response, @Nullable Throwable thrown) {
    if (response.getStatus() < 400
        || response.getContentWritten() > 0
        || !response.setErrorReported()) {
      return;
    }
    try {
      response.setContentType("application/json");
      response
          .getOutputStream()
          .write(MlflowJson.mapper().writeValueAsBytes(failure(response.getStatus())));
      response.finishResponse();
    } catch (IOException e) {
      log.debug("A client left before its error", e);
    }
  }

  private static ErrorAdvice.Failure failure(int status) {
    return switch (status / 100) {
      case 4 ->
          new ErrorAdvice.Failure(
              ErrorCode.INVALID_PARAMETER_VALUE.name(), "Invalid path or request line");
      default ->
          new ErrorAdvice.Failure(
              ErrorCode.INTERNAL_ERROR.name(),
              "The store failed at this request; its log has the reason.");
    };
  }
}
