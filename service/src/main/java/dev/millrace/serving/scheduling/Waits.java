package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.WaitReason;

/**
 * Since when a worker could have run something, and what kept it: tells of each request of its
 * batch why it waited. Owned by the worker.
 */
final class Waits {
  private long freeNanos = Long.MIN_VALUE;
  private boolean forCompany;
  private long shareNanos;

  /** The worker ended a run. */
  void free(long nowNanos) {
    freeNanos = nowNanos;
    forCompany = false;
  }

  /** It lets a batch gather. */
  void gather() {
    forCompany = true;
  }

  /** Others had the device for so long before this batch. */
  void share(long nanos) {
    shareNanos = nanos;
  }

  /** Why a request waited until now, by the longest part. */
  WaitReason reason(long submittedNanos, long startedNanos) {
    long queueNanos = startedNanos - submittedNanos;
    long busy =
        freeNanos == Long.MIN_VALUE ? 0 : Math.clamp(freeNanos - submittedNanos, 0, queueNanos);
    long share = Math.min(shareNanos, queueNanos - busy);
    long company = forCompany ? queueNanos - busy - share : 0;
    if (busy + share + company == 0) {
      return WaitReason.NONE;
    }
    if (busy >= share && busy >= company) {
      return WaitReason.BUSY;
    }
    return share >= company ? WaitReason.SHARE : WaitReason.COMPANY;
  }
}
