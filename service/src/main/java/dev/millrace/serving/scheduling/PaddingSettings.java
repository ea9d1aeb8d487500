package dev.millrace.serving.scheduling;

import java.util.List;
import java.util.Map;

/**
 * Which inputs may be padded, so that requests that differ in length share a run.
 *
 * @param values what each input is padded with, by name; empty pads nothing
 * @param outputs names of outputs that are as long as the inputs, and are cut back
 */
public record PaddingSettings(Map<String, Double> values, List<String> outputs) {
  /** Pads nothing. */
  public static final PaddingSettings NONE = new PaddingSettings(Map.of(), List.of());

  /** Copies both. */
  public PaddingSettings {
    values = Map.copyOf(values);
    outputs = List.copyOf(outputs);
  }
}
