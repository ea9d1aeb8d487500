package dev.millrace.serving.api.edge.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import io.grpc.Status.Code;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GrpcStatusesTest {
  @Test
  void shortensADescriptionThatClientsWouldNotTake() {
    assertThat(description("m".repeat(2_000))).isEqualTo("m".repeat(2_000));
    assertThat(description("m".repeat(20_000))).isEqualTo("m".repeat(2_000) + "...");
    assertThat(description("\u6a21".repeat(20_000))).isEqualTo("\u6a21".repeat(666) + "...");
  }

  private static @Nullable String description(String message) {
    return GrpcStatuses.of(new InferenceFailure.NotFound(message)).getDescription();
  }

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
