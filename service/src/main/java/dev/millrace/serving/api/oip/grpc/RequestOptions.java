package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;

import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.scheduling.CacheUse;
import dev.millrace.serving.scheduling.SequenceTag;
import dev.millrace.serving.time.NanoClock;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a call says about its scheduling.
 *
 * @param deadlineNanos on the engine's clock; {@link Long#MAX_VALUE} for none
 * @param priority 1 is the highest, 0 the default of the model
 * @param cacheUse of the model's response cache
 * @param sequence null for a request that stands for itself
 */
record RequestOptions(
    long deadlineNanos, int priority, CacheUse cacheUse, @Nullable SequenceTag sequence) {
  static final RequestOptions NONE = new RequestOptions(Long.MAX_VALUE, 0, CacheUse.FULL, null);

  /** The earlier of the call's deadline and the parameter {@code timeout}, microseconds. */
  static RequestOptions of(ModelInferRequest message, @Nullable Deadline deadline, long nowNanos) {
    if (deadline == null && message.getParametersCount() == 0) {
      return NONE;
    }
    long patienceNanos = Math.min(remainingNanos(deadline), timeoutNanos(message));
    return new RequestOptions(
        later(nowNanos, patienceNanos), priority(message), cacheUse(message), sequence(message));
  }

  /** Those of a call whose message says nothing. */
  static RequestOptions of(@Nullable Deadline deadline, NanoClock clock) {
    return deadline == null
        ? NONE
        : new RequestOptions(
            later(clock.nanos(), remainingNanos(deadline)), 0, CacheUse.FULL, null);
  }

  private static long remainingNanos(@Nullable Deadline deadline) {
    return deadline == null ? Long.MAX_VALUE : deadline.timeRemaining(TimeUnit.NANOSECONDS);
  }

  private static long later(long nowNanos, long patienceNanos) {
    return patienceNanos == Long.MAX_VALUE ? Long.MAX_VALUE : nowNanos + patienceNanos;
  }

  private static long timeoutNanos(ModelInferRequest message) {
    long micros = integer(message, "timeout");
    return micros == 0 ? Long.MAX_VALUE : TimeUnit.MICROSECONDS.toNanos(micros);
  }

  private static int priority(ModelInferRequest message) {
    return (int) Math.min(Integer.MAX_VALUE, integer(message, "priority"));
  }

  private static CacheUse cacheUse(ModelInferRequest message) {
    var parameter = message.getParametersMap().get(CacheUse.PARAMETER);
    if (parameter == null) {
      return CacheUse.FULL;
    }
    if (!parameter.hasStringParam()) {
      throw invalid(
          "Parameter '%s' is %s; send 'no-cache' or 'no-store' as string_param."
              .formatted(CacheUse.PARAMETER, parameter.toString().strip()));
    }
    return CacheUse.ofParameter(parameter.getStringParam());
  }

  private static @Nullable SequenceTag sequence(ModelInferRequest message) {
    var id = sequenceId(message);
    return id == null
        ? null
        : new SequenceTag(id, flag(message, "sequence_start"), flag(message, "sequence_end"));
  }

  private static SequenceTag.@Nullable Id sequenceId(ModelInferRequest message) {
    var parameter =
        message.getParametersOrDefault("sequence_id", InferParameter.getDefaultInstance());
    if (parameter.hasStringParam()) {
      return SequenceTag.named(parameter.getStringParam());
    }
    // Unsigned: clients of before send what is 2^63 or more as a negative int64_param.
    long value =
        switch (parameter.getParameterChoiceCase()) {
          case INT64_PARAM -> parameter.getInt64Param();
          case UINT64_PARAM -> parameter.getUint64Param();
          default -> integer(message, "sequence_id");
        };
    return value == 0 ? null : new SequenceTag.NumberId(value);
  }

  private static boolean flag(ModelInferRequest message, String name) {
    var parameter = message.getParametersMap().get(name);
    if (parameter == null) {
      return false;
    }
    if (!parameter.hasBoolParam()) {
      throw invalid(
          "Parameter '%s' is %s; send true or false as bool_param."
              .formatted(name, parameter.toString().strip()));
    }
    return parameter.getBoolParam();
  }

  private static long integer(ModelInferRequest message, String name) {
    var parameter = message.getParametersOrDefault(name, InferParameter.getDefaultInstance());
    long value =
        switch (parameter.getParameterChoiceCase()) {
          case INT64_PARAM -> parameter.getInt64Param();
          case UINT64_PARAM -> parameter.getUint64Param();
          case PARAMETERCHOICE_NOT_SET -> 0;
          case BOOL_PARAM, STRING_PARAM, DOUBLE_PARAM -> -1;
        };
    if (value < 0) {
      throw invalid(
          "Parameter '%s' is %s; send a whole number, 0 or more, as int64_param or uint64_param."
              .formatted(name, parameter.toString().strip()));
    }
    return value;
  }
}
