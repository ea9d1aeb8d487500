package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.RunOutputs;
import java.util.concurrent.atomic.AtomicInteger;

/** Outputs of one run that several answers are views on; given back with the last of them. */
final class SharedOutputs {
  private final RunOutputs outputs;
  private final AtomicInteger holders;

  SharedOutputs(RunOutputs outputs, int holders) {
    this.outputs = outputs;
    this.holders = new AtomicInteger(holders);
  }

  /** Called once by each holder; any thread. */
  void release() {
    if (holders.decrementAndGet() == 0) {
      outputs.close();
    }
  }
}
