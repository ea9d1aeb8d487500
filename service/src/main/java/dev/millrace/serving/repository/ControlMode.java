package dev.millrace.serving.repository;

/** Who decides which models of a directory are loaded; the words are Triton's. */
public enum ControlMode {
  /** All models, once, at the start. */
  NONE,
  /** Those that somebody asks for; none at the start. */
  EXPLICIT,
  /** All models, looked at again and again. */
  POLL
}
