package dev.millrace.protocol.packaging;

import java.util.List;
import java.util.Objects;

/** One request and the answer that the trained model gave, batch axis included. */
public record GoldenExample(List<TensorValue> inputs, List<TensorValue> outputs) {
  /** Copies both lists. */
  public GoldenExample {
    inputs = List.copyOf(Objects.requireNonNull(inputs, "a golden example has no 'inputs'"));
    outputs = List.copyOf(Objects.requireNonNull(outputs, "a golden example has no 'outputs'"));
  }
}
