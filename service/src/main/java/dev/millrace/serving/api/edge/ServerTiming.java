package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.RefusalCause;
import java.util.Optional;

/** Writes the header {@code Server-Timing}: where the time of an answer went, in milliseconds. */
public final class ServerTiming {
  /** The header's name, in gRPC too. */
  public static final String HEADER = "server-timing";

  private ServerTiming() {}

  /**
   * The header's value.
   *
   * @param encodeNanos how long the protocol took to write the answer
   */
  public static String of(InferenceAnswer answer, long encodeNanos) {
    return switch (answer.source()) {
      case MODEL -> computed(answer, encodeNanos);
      case CACHE -> cached(encodeNanos);
    };
  }

  /** The value for a request that was refused before it was computed; empty for other failures. */
  public static Optional<String> of(InferenceFailure failure) {
    return FailureReason.of(failure) == FailureReason.REJECTED
        ? Optional.of("refused;desc=\"" + RefusalCause.of(failure).label() + '"')
        : Optional.empty();
  }

  private static String cached(long encodeNanos) {
    var text = new StringBuilder(48).append("cache;desc=hit");
    append(text, ", encode;dur=", encodeNanos);
    return text.toString();
  }

  private static String computed(InferenceAnswer answer, long encodeNanos) {
    var timings = answer.timings();
    var text = new StringBuilder(96);
    if (answer.loadNanos() > 0) {
      append(text, "load;dur=", answer.loadNanos());
      text.append(", ");
    }
    append(text, "queue;dur=", timings.queueNanos());
    text.append(";desc=\"").append(timings.reason().label()).append('"');
    append(text, ", assemble;dur=", timings.assembleNanos());
    append(text, ", compute;dur=", timings.computeNanos());
    append(text, ", encode;dur=", encodeNanos);
    return text.toString();
  }

  private static void append(StringBuilder text, String stage, long nanos) {
    long micros = Math.max(0, nanos) / 1_000;
    text.append(stage).append(micros / 1_000).append('.');
    int fraction = (int) (micros % 1_000);
    text.append((char) ('0' + fraction / 100))
        .append((char) ('0' + fraction / 10 % 10))
        .append((char) ('0' + fraction % 10));
  }
}
