package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/** The rows of one request, as views on the outputs of the batch it was in. */
public interface BatchResult extends AutoCloseable {
  /** The outputs asked for; not to be read after {@link #close}. */
  List<Tensor> outputs();

  /** Where the time went. */
  BatchTimings timings();

  /** Gives the memory back once every request of the batch has done so. Idempotent; any thread. */
  @Override
  void close();
}
