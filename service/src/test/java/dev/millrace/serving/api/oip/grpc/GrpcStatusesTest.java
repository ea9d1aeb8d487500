package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import io.grpc.Status.Code;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GrpcStatusesTest {
  @ParameterizedTest
  @MethodSource
  void givesEachFailureItsCodeAndItsMessage(InferenceFailure failure, Code expected) {
    var status = GrpcStatuses.of(failure);
    assertThat(status.getCode()).isEqualTo(expected);
    assertThat(status.getDescription()).isEqualTo("why");
  }

  static Stream<Arguments> givesEachFailureItsCodeAndItsMessage() {
    return Stream.of(
        Arguments.of(new InferenceFailure.NotFound("why"), Code.NOT_FOUND),
        Arguments.of(new InferenceFailure.NotReady("why"), Code.UNAVAILABLE),
        Arguments.of(new InferenceFailure.Invalid("why"), Code.INVALID_ARGUMENT),
        Arguments.of(new InferenceFailure.TooLarge("why"), Code.RESOURCE_EXHAUSTED),
        Arguments.of(new InferenceFailure.Unsupported("why"), Code.UNIMPLEMENTED),
        Arguments.of(new InferenceFailure.Overloaded("why"), Code.UNAVAILABLE),
        Arguments.of(new InferenceFailure.TimedOut("why"), Code.DEADLINE_EXCEEDED),
        Arguments.of(new InferenceFailure.Cancelled("why"), Code.CANCELLED),
        Arguments.of(new InferenceFailure.Broken("why"), Code.INTERNAL));
  }
}
