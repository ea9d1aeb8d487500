package dev.millrace.trainer.api;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers in JSON what Tomcat refuses before Spring sees it, an encoded slash for instance. */
public final class JsonErrorValve extends ErrorReportValve {
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
      response.getOutputStream().write(body(response.getStatus()));
      response.finishResponse();
    } catch (IOException e) {
      log.debug("A client left before its error", e);
    }
  }

  private static byte[] body(int status) {
    var error =
        status < 500
            ? "Invalid path, header or request line."
            : "The trainer failed; its log says why.";
    return "{\"error\":\"%s\"}".formatted(error).getBytes(StandardCharsets.UTF_8);
  }
}
