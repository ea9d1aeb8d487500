package dev.millrace.serving.lifecycle;

/** Where a version is in its life, with the words of Triton's repository index. */
public enum VersionState {
  /** Being fetched, opened, checked against its golden examples, or warmed up. */
  LOADING,
  /** Answers requests. */
  READY,
  /** Replaced or unloaded; finishes the requests that hold a lease. */
  UNLOADING,
  /** Unloaded, or failed to load; the reason says which. */
  UNAVAILABLE
}
