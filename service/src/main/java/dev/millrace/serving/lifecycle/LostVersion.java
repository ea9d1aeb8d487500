package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceFailure;

/**
 * A version whose last copy is gone. It answers nobody until it is loaded again, which is tried by
 * itself. Each loss is an object of its own, equal to no other.
 */
final class LostVersion implements Serving.Seat {
  private final Candidate candidate;
  private final String reason;

  /**
   * It is no longer loaded.
   *
   * @param reason what became of the last copy
   */
  LostVersion(Candidate candidate, String reason) {
    this.candidate = candidate;
    this.reason = reason;
  }

  @Override
  public Candidate candidate() {
    return candidate;
  }

  String reason() {
    return reason;
  }

  /** What requests are told. */
  InferenceFailure failure() {
    return new InferenceFailure.NotReady(
        "Model '%s' version %s is out of service: %s. It is loaded again as soon as that works; try again later."
            .formatted(candidate.model(), version(), reason));
  }
}
