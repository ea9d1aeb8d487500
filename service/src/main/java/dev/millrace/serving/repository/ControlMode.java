package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;

/** Who decides which models of a directory are loaded; the words are Triton's. */
public enum ControlMode {
  /** All models, once, at the start. */
  NONE,
  /** Those that somebody asks for; none at the start. */
  EXPLICIT,
  /** All models, looked at again and again. */
  POLL;

  /** Refuses a load or unload on request where this mode does not allow it, with NotReady. */
  void requireExplicit() {
    if (this != EXPLICIT) {
      throw new InferenceException(
          new InferenceFailure.NotReady(
              "explicit model load / unload is not allowed if polling is enabled; start the service with '--model-control explicit' to allow it"));
    }
  }
}
