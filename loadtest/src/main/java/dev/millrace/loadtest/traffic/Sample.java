package dev.millrace.loadtest.traffic;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The inference request that is sent over and over: a model's name, its inputs, and how long the
 * server may take, zero for any time.
 */
public record Sample(String model, List<SampleTensor> inputs, Duration timeout) {
  /** Copies the inputs. */
  public Sample {
    inputs = List.copyOf(inputs);
  }

  /** A request that waits as long as it takes. */
  public Sample(String model, List<SampleTensor> inputs) {
    this(model, inputs, Duration.ZERO);
  }

  /** The same with a deadline. */
  public Sample within(Duration limit) {
    return new Sample(model, inputs, limit);
  }

  /** The same for another model. */
  public Sample to(String other) {
    return new Sample(other, inputs, timeout);
  }

  /** The same with its rows this many times. */
  public Sample times(int count) {
    return new Sample(model, inputs.stream().map(input -> input.times(count)).toList(), timeout);
  }

  /** One digit-like picture, dark but for a bright stroke, for models with an input `image`. */
  public static Sample picture(String model) {
    var pixels =
        IntStream.range(0, 28 * 28)
            .mapToObj(index -> index % 5 == 0 ? (index * 37) % 256 : 0)
            .map(ink -> Math.round(ink / 255.0 * 10_000) / 10_000.0)
            .toList();
    return new Sample(
        model, List.of(new SampleTensor("image", "FP32", List.of(1L, 1L, 28L, 28L), pixels)));
  }
}
