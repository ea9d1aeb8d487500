package dev.millrace.loadtest.traffic;

import java.util.List;
import java.util.stream.IntStream;

/** The inference request that is sent over and over: a model's name and its inputs. */
public record Sample(String model, List<SampleTensor> inputs) {
  /** Copies the inputs. */
  public Sample {
    inputs = List.copyOf(inputs);
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
