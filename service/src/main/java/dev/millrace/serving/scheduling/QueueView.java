package dev.millrace.serving.scheduling;

/** What the policy sees: what may share the next run, in the order in which it would run. */
interface QueueView {
  /** How many; at least one. */
  int count();

  /** Rows of one of them. */
  int rows(int index);

  /** When one of them was submitted. */
  long submittedNanos(int index);

  /** When one of them must start to meet its deadline; {@link Long#MAX_VALUE} for no deadline. */
  long latestStartNanos(int index);

  /** Rows that the next run may have at most, where others want the device too. */
  default int mostRows() {
    return Integer.MAX_VALUE;
  }

  /** Whether the next in line must not join, because one of these would miss its deadline. */
  boolean isClosed();
}
