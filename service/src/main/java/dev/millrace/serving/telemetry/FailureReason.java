package dev.millrace.serving.telemetry;

/** Why a request failed, with the words of Triton's tag {@code reason}. */
public enum FailureReason {
  /** Refused before it was computed: queue full, deadline not to be met, server draining. */
  REJECTED,
  /** The client did not want it any more. */
  CANCELED,
  /** The runtime failed. */
  BACKEND,
  /** Everything else, such as a request that contradicts the signature. */
  OTHER
}
