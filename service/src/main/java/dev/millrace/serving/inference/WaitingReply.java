package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A reply that one caller waits for. An answer that comes after it gave up is closed at once. */
final class WaitingReply implements InferenceReply {
  private final CompletableFuture<InferenceAnswer> outcome = new CompletableFuture<>();

  @Override
  public Executor home() {
    return Runnable::run;
  }

  @Override
  public void answered(InferenceAnswer answer) {
    if (!outcome.complete(answer)) {
      answer.close();
    }
  }

  @Override
  public void failed(InferenceFailure failure) {
    outcome.completeExceptionally(new InferenceException(failure));
  }

  @Override
  public boolean cancelled() {
    return outcome.isDone();
  }

  InferenceAnswer await(Duration limit) {
    try {
      return outcome.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof InferenceException failure
          ? failure
          : new IllegalStateException(e.getCause());
    } catch (TimeoutException _) {
      return giveUp(
          new InferenceFailure.TimedOut(
              "No answer within %s. Send fewer rows, or allow more time.".formatted(limit)));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return giveUp(new InferenceFailure.Cancelled("The wait for the answer was interrupted."));
    }
  }

  /** Returns the answer when it came in the very moment that the wait ended. */
  private InferenceAnswer giveUp(InferenceFailure failure) {
    outcome.completeExceptionally(new InferenceException(failure));
    if (outcome.state() == CompletableFuture.State.SUCCESS) {
      return outcome.resultNow();
    }
    throw new InferenceException(failure);
  }
}
