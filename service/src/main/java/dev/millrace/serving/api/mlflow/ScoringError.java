package dev.millrace.serving.api.mlflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.serving.api.edge.FastResponses;
import dev.millrace.serving.api.edge.HttpStatuses;
import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderValues;
import tools.jackson.databind.json.JsonMapper;

/** The body of an answer that is not a success, for MLflow's clients and for Millrace's own. */
record ScoringError(@JsonProperty("error_code") String code, String message, String error) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static FullHttpResponse response(InferenceFailure failure) {
    return response(HttpStatuses.of(failure), failure.message());
  }

  static FullHttpResponse response(int status, String message) {
    var body = JSON.writeValueAsBytes(new ScoringError(code(status), message, message));
    return FastResponses.of(
        status, HttpHeaderValues.APPLICATION_JSON, Unpooled.wrappedBuffer(body));
  }

  /** In the words of MLflow. */
  private static String code(int status) {
    return switch (status) {
      case 400, 415 -> "BAD_REQUEST";
      case 404 -> "RESOURCE_DOES_NOT_EXIST";
      case 413 -> "REQUEST_LIMIT_EXCEEDED";
      case 499 -> "CANCELLED";
      case 501 -> "NOT_IMPLEMENTED";
      case 503 -> "TEMPORARILY_UNAVAILABLE";
      case 504 -> "DEADLINE_EXCEEDED";
      default -> "INTERNAL_ERROR";
    };
  }
}
