package dev.millrace.serving.api.mlflow;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;

/** The header in which SageMaker's clients and containers tell each other what they like. */
final class CustomAttributes {
  static final String HEADER = "X-Amzn-SageMaker-Custom-Attributes";

  /** As SageMaker limits it. */
  private static final int MOST_CHARACTERS = 1_024;

  private CustomAttributes() {}

  /** Leaves out what is not visible ASCII: it would become part of the answer's head. */
  static void echo(HttpHeaders request, FullHttpResponse response) {
    var attributes = request.get(HEADER);
    if (attributes != null
        && attributes.length() <= MOST_CHARACTERS
        && attributes.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      response.headers().set(HEADER, attributes);
    }
  }
}
