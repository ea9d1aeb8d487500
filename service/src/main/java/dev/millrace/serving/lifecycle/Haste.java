package dev.millrace.serving.lifecycle;

/** How soon a load is wanted. */
enum Haste {
  /** Nobody waits for it: it takes what those that serve leave. */
  NONE,
  /** Requests wait for it, or are refused until it is over. */
  AWAITED,
  /** The server is not ready before it is over, and nobody is served whom it could disturb. */
  START
}
