package dev.millrace.serving.scheduling;

/** Answers the requests that ensembles make of other models, like any client's. Thread-safe. */
public interface StepModels {
  /**
   * Asks a model. Never blocks and never throws: what goes wrong is the outcome, told once, on its
   * home, perhaps before this returns.
   */
  void ask(StepRequest request, Outcome outcome);
}
