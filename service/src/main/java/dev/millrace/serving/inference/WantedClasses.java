package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The outputs that a client wants as their highest classes: Triton's classification extension.
 *
 * @param byOutput how many classes of each output, 1 or more
 */
public record WantedClasses(Map<String, Integer> byOutput) {
  /** All outputs as they are. */
  public static final WantedClasses NONE = new WantedClasses(Map.of());

  /** Copies the map. */
  public WantedClasses {
    byOutput = Map.copyOf(byOutput);
  }

  /** These, and so many of one more output. */
  public WantedClasses and(String output, int classes) {
    var more = new HashMap<>(byOutput);
    more.put(output, classes);
    return new WantedClasses(more);
  }

  /**
   * The answer with these outputs replaced by their classes, in memory of their own; closing it
   * closes the answer.
   *
   * @throws InferenceException with Invalid where an output has no classes; the answer is the
   *     caller's to close
   */
  public InferenceAnswer in(InferenceAnswer answer) {
    if (byOutput.isEmpty()) {
      return answer;
    }
    var outputs = new ArrayList<Tensor>(answer.outputs().size());
    for (var output : answer.outputs()) {
      var classes = byOutput.get(output.name());
      outputs.add(
          classes == null
              ? output
              : TopClasses.of(output, classes, answer.batched(), answer.labels(output.name())));
    }
    return new Classified(answer, outputs);
  }

  private record Classified(InferenceAnswer answer, List<Tensor> outputs)
      implements InferenceAnswer {
    @Override
    public String model() {
      return answer.model();
    }

    @Override
    public String version() {
      return answer.version();
    }

    @Override
    public BatchTimings timings() {
      return answer.timings();
    }

    @Override
    public long loadNanos() {
      return answer.loadNanos();
    }

    @Override
    public Source source() {
      return answer.source();
    }

    @Override
    public void close() {
      answer.close();
    }
  }
}
