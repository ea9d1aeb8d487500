package dev.millrace.serving.api.edge;

import tools.jackson.databind.json.JsonMapper;

/**
 * The body of every answer that is not a success: {@code {"error":"text"}}, as Triton's clients
 * read it.
 */
public record ErrorBody(String error) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** As UTF-8. */
  public byte[] toJson() {
    return JSON.writeValueAsBytes(this);
  }
}
