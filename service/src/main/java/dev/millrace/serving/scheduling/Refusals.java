package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.failure.InferenceFailure.Grounds;
import dev.millrace.serving.telemetry.FailureReason;

/** What clients read when one model's scheduler has no answer for them. */
final class Refusals {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final String model;

  Refusals(String model) {
    this.model = model;
  }

  /** Tells the caller of what left the queue without a run why it did. */
  void refuse(Part part, long nowNanos, long expectedNanos, Handover handover) {
    long left = part.deadlineNanos - nowNanos;
    if (part.isForgotten()) {
      part.fail(cancelled(), FailureReason.CANCELED, handover);
    } else if (left <= 0) {
      part.fail(expired(nowNanos - part.submittedNanos), FailureReason.REJECTED, handover);
    } else {
      part.fail(wouldExpire(left, expectedNanos, part.rows), FailureReason.REJECTED, handover);
    }
  }

  InferenceFailure closed() {
    return new InferenceFailure.NotReady(
        "This version of model '" + model + "' is being unloaded. Send the request again.");
  }

  InferenceFailure noSequence() {
    return new InferenceFailure.Invalid(
        "inference request to model '"
            + model
            + "' must specify a non-zero or non-empty correlation ID: send sequence_id, with sequence_start in the first request of the sequence.");
  }

  InferenceFailure notStarted(SequenceTag.Id id) {
    return new InferenceFailure.Invalid(
        "inference request for sequence "
            + id
            + " to model '"
            + model
            + "' must specify the START flag on the first request of the sequence; a sequence is over when it had no request for too long, and when its model was loaded anew.");
  }

  InferenceFailure sequencesFull(int waiting) {
    return new InferenceFailure.Overloaded(
        "So many requests wait for their sequences in model '"
            + model
            + "': "
            + waiting
            + ". End sequences that are done by sequence_end, send fewer at once, or try again later.");
  }

  InferenceFailure stateLost() {
    return new InferenceFailure.Overloaded(
        "There is no memory for the state of this sequence of model '"
            + model
            + "', and the sequence is over. Start it anew later, or let fewer take part at a time.");
  }

  InferenceFailure rowsInSequence() {
    return new InferenceFailure.Invalid(
        "inference request to model '"
            + model
            + "' must specify batch-size 1 due to requirements of sequence batcher. Send rows as requests of one sequence, or of several.");
  }

  InferenceFailure queueFull(int pendingRows, int maxQueueRows) {
    return new InferenceFailure.Overloaded(
        "The queue of model '"
            + model
            + "' holds "
            + pendingRows
            + " of at most "
            + maxQueueRows
            + " rows. Send fewer requests at once, or try again later.");
  }

  InferenceFailure largerThanQueue(int rows, int maxQueueRows) {
    return new InferenceFailure.TooLarge(
        "The request has "
            + rows
            + " rows; the queue of model '"
            + model
            + "' takes "
            + maxQueueRows
            + ". Send it in pieces.");
  }

  InferenceFailure noRows(int rows) {
    return new InferenceFailure.Invalid(
        "The request has " + rows + " rows; model '" + model + "' expects 1 or more.");
  }

  InferenceFailure expired(long waitedNanos) {
    return new InferenceFailure.TimedOut(
        "Request timeout expired after "
            + waitedNanos / NANOS_PER_MILLI
            + " ms in the queue of model '"
            + model
            + "'. Allow more time, or send fewer requests at once.");
  }

  InferenceFailure wouldExpire(long leftNanos, long expectedNanos, int rows) {
    return new InferenceFailure.TimedOut(
        "Request timeout expires in "
            + leftNanos / NANOS_PER_MILLI
            + " ms; model '"
            + model
            + "' needs about "
            + (expectedNanos / NANOS_PER_MILLI + 1)
            + " ms for "
            + rows
            + " rows. Allow more time, or send fewer rows.",
        Grounds.FORECAST);
  }

  InferenceFailure wouldMissGoal(long expectedNanos, long budgetNanos, int pendingRows) {
    return new InferenceFailure.Overloaded(
        "Model '"
            + model
            + "' would answer this request in about "
            + (expectedNanos / NANOS_PER_MILLI + 1)
            + " ms, with "
            + pendingRows
            + " rows waiting; its latency goal leaves "
            + budgetNanos / NANOS_PER_MILLI
            + " ms. Send fewer requests at once, or try again later.",
        Grounds.FORECAST);
  }

  InferenceFailure noMemory() {
    return new InferenceFailure.Overloaded(
        "Model '"
            + model
            + "' found no memory on its device for this request. Try again later, or send fewer rows.");
  }

  InferenceFailure noInstance() {
    return new InferenceFailure.NotReady(
        "Model '"
            + model
            + "' has no instance left: its device has no memory for it. Try again later, or load it again.");
  }

  InferenceFailure cancelled() {
    return new InferenceFailure.Cancelled("The request was cancelled before it ran.");
  }

  InferenceFailure broken() {
    return new InferenceFailure.Broken(
        "Model '"
            + model
            + "' failed to compute this request. Check the values sent; the server's log has the cause.");
  }

  InferenceFailure values(String reason) {
    return new InferenceFailure.Invalid(
        "Model '" + model + "' cannot take the values of this request: " + reason);
  }

  InferenceFailure cannotBeSplit(int rows, int maxBatchRows) {
    return new InferenceFailure.Invalid(
        "The request has "
            + rows
            + " rows; model '"
            + model
            + "' takes "
            + maxBatchRows
            + " in one run, and its outputs do not have a row for each, so it cannot be run in pieces. Send at most "
            + maxBatchRows
            + " rows.");
  }
}
