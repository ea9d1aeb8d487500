package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.scheduling.CacheUse;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RequestOptionsTest {
  private static final Deadline IN_ONE_SECOND =
      Deadline.after(1, TimeUnit.SECONDS, new StoppedTicker());

  @Test
  void hasNeitherDeadlineNorPriorityUnlessTold() {
    assertThat(RequestOptions.of(message().build(), null, 5)).isEqualTo(RequestOptions.NONE);
  }

  @Test
  void takesTheDeadlineOfTheCall() {
    assertThat(RequestOptions.of(message().build(), IN_ONE_SECOND, 5).deadlineNanos())
        .isEqualTo(1_000_000_005L);
  }

  @Test
  void takesTheEarlierOfDeadlineAndTimeout() {
    assertThat(RequestOptions.of(with("timeout", whole(300)), null, 5).deadlineNanos())
        .isEqualTo(300_005L);
    assertThat(RequestOptions.of(with("timeout", whole(300)), IN_ONE_SECOND, 5).deadlineNanos())
        .isEqualTo(300_005L);
    assertThat(
            RequestOptions.of(with("timeout", whole(3_000_000)), IN_ONE_SECOND, 5).deadlineNanos())
        .isEqualTo(1_000_000_005L);
  }

  @Test
  void takesThePriorityAsEitherKindOfInteger() {
    var unsigned = InferParameter.newBuilder().setUint64Param(2).build();
    assertThat(RequestOptions.of(with("priority", unsigned), null, 5).priority()).isEqualTo(2);
    assertThat(RequestOptions.of(with("priority", whole(1)), null, 5).priority()).isEqualTo(1);
  }

  @Test
  void takesWhatIsSaidOfTheResponseCache() {
    var text = InferParameter.newBuilder().setStringParam("no-store").build();
    assertThat(RequestOptions.of(with("cache_control", text), null, 5).cacheUse())
        .isEqualTo(CacheUse.NONE);
    assertThatThrownBy(() -> RequestOptions.of(with("cache_control", whole(0)), null, 5))
        .hasMessage(
            "Parameter 'cache_control' is int64_param: 0; send 'no-cache' or 'no-store' as string_param.");
  }

  @Test
  void aMessageWithoutParametersHasTheDeadlineOfItsCall() {
    assertThat(RequestOptions.of(null, () -> 5)).isEqualTo(RequestOptions.NONE);
    var options = RequestOptions.of(Deadline.after(10, TimeUnit.SECONDS), () -> 5);
    assertThat(options.deadlineNanos()).isBetween(6L, 5 + TimeUnit.SECONDS.toNanos(10));
    assertThat(options.priority()).isZero();
  }

  @Test
  void ignoresParametersItDoesNotKnow() {
    assertThat(RequestOptions.of(with("trace", whole(7)), null, 5)).isEqualTo(RequestOptions.NONE);
  }

  @Test
  void refusesWhatIsNoWholeNumber() {
    var text = InferParameter.newBuilder().setStringParam("soon").build();
    assertThatThrownBy(() -> RequestOptions.of(with("timeout", text), null, 5))
        .hasMessage(
            "Parameter 'timeout' is string_param: \"soon\"; send a whole number, 0 or more, as int64_param or uint64_param.");
    assertThatThrownBy(() -> RequestOptions.of(with("priority", whole(-1)), null, 5))
        .hasMessage(
            "Parameter 'priority' is int64_param: -1; send a whole number, 0 or more, as int64_param or uint64_param.");
  }

  private static ModelInferRequest with(String name, InferParameter parameter) {
    return message().putParameters(name, parameter).build();
  }

  private static ModelInferRequest.Builder message() {
    return ModelInferRequest.newBuilder();
  }

  private static InferParameter whole(long value) {
    return InferParameter.newBuilder().setInt64Param(value).build();
  }

  private static final class StoppedTicker extends Deadline.Ticker {
    @Override
    public long nanoTime() {
      return 0;
    }
  }
}
