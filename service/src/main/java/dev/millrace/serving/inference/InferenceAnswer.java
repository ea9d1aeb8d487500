package dev.millrace.serving.inference;

import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/**
 * A prediction. Its tensors are views on a buffer that the engine reuses: encode them, then close
 * the answer; after that they must not be read.
 */
public interface InferenceAnswer extends AutoCloseable {
  /** The model that answered. */
  String model();

  /** The version that answered. */
  String version();

  /**
   * The outputs wanted, in the order the request named them, else in the order the model declares.
   */
  List<Tensor> outputs();

  /** Where the time went; all zero where no model ran. */
  BatchTimings timings();

  /** How long the model was loaded for this request; 0 where it was loaded already. */
  default long loadNanos() {
    return 0;
  }

  /** Whether the first dimension of each output is its rows. */
  default boolean batched() {
    return false;
  }

  /** The names of an output's classes, by index; empty where it has none. */
  default List<String> labels(String output) {
    return List.of();
  }

  /** Where the answer comes from. */
  default Source source() {
    return Source.MODEL;
  }

  /** Where an answer comes from. */
  enum Source {
    /** The model ran. */
    MODEL,
    /** The version answered the same request before, and kept the answer. */
    CACHE
  }

  /** Gives the output buffer back. Idempotent; any thread. */
  @Override
  void close();
}
