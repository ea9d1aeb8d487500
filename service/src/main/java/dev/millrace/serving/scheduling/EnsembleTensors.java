package dev.millrace.serving.scheduling;

import static java.util.Objects.requireNonNull;

import dev.millrace.serving.scheduling.EnsemblePlan.Result;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of one request of an ensemble, and who still uses them. They are views on the answers
 * of steps; an answer is closed once nobody uses any tensor of it. Owned by one thread at a time.
 */
final class EnsembleTensors {
  private final EnsembleScheduler ensemble;
  private final EnsemblePlan plan;
  private final List<Result> wanted;
  private final @Nullable Tensor[] tensors;

  /** Of each tensor: steps that take it and have not ended, and the client where he wants it. */
  private final int[] users;

  /** Of each step: tensors that are not there yet. */
  private final int[] missing;

  /** Of each step: tensors of its answer that are in use. */
  private final int[] held;

  /** Of each step: its answer, until it is closed or handed over. */
  private final @Nullable BatchResult[] answers;

  /** Of each step: whether it was asked, or will not be. */
  private final boolean[] decided;

  EnsembleTensors(EnsembleScheduler ensemble, ScheduledRequest request) {
    this.ensemble = ensemble;
    plan = ensemble.plan();
    wanted = wanted(request.outputIndexes());
    tensors = new @Nullable Tensor[plan.tensors()];
    users = new int[plan.tensors()];
    for (int tensor = 0; tensor < users.length; tensor++) {
      users[tensor] = ensemble.takers(tensor).length;
    }
    for (var result : wanted) {
      users[result.tensor()]++;
    }
    int steps = plan.steps().size();
    missing = new int[steps];
    for (int step = 0; step < steps; step++) {
      missing[step] = ensemble.needs(step).length;
    }
    held = new int[steps];
    answers = new @Nullable BatchResult[steps];
    decided = new boolean[steps];
  }

  private List<Result> wanted(List<Integer> indexes) {
    if (indexes.isEmpty()) {
      return plan.results();
    }
    var chosen = new ArrayList<Result>(indexes.size());
    for (int index : indexes) {
      chosen.add(plan.results().get(index));
    }
    return chosen;
  }

  /** The outputs that the client wants, in his order. */
  List<Result> wanted() {
    return wanted;
  }

  /** Those of the request are there; tells which steps may be asked. */
  void begin(List<Tensor> inputs, IntConsumer ready) {
    for (int tensor = 0; tensor < inputs.size(); tensor++) {
      arrived(tensor, inputs.get(tensor), ready);
    }
  }

  private void arrived(int number, Tensor tensor, IntConsumer ready) {
    tensors[number] = tensor;
    for (int step : ensemble.takers(number)) {
      missing[step]--;
      if (missing[step] == 0) {
        ready.accept(step);
      }
    }
  }

  /** What a step is asked with, from now until it ended. */
  List<Tensor> inputs(int step) {
    decided[step] = true;
    var takes = plan.steps().get(step).takes();
    var inputs = new ArrayList<Tensor>(takes.size());
    for (var use : takes) {
      inputs.add(use.of(requireNonNull(tensors[use.tensor()])));
    }
    return inputs;
  }

  /** Takes over the answer of a step; tells which others may be asked. */
  void made(int step, BatchResult answer, IntConsumer ready) {
    var makes = plan.steps().get(step).makes();
    for (int tensor : makes) {
      held[step] += users[tensor] > 0 ? 1 : 0;
    }
    if (held[step] == 0) {
      answer.close();
      return;
    }
    answers[step] = answer;
    for (int i = 0; i < makes.size(); i++) {
      if (users[makes.get(i)] > 0) {
        arrived(makes.get(i), answer.outputs().get(i), ready);
      }
    }
  }

  /** A step that was asked reads its inputs no more. */
  void ended(int step) {
    for (int tensor : ensemble.needs(step)) {
      release(tensor);
    }
  }

  /** No step will be asked any more, and nobody wants an answer. Called once. */
  void abandon() {
    for (int step = 0; step < decided.length; step++) {
      if (!decided[step]) {
        decided[step] = true;
        ended(step);
      }
    }
    for (var result : wanted) {
      release(result.tensor());
    }
  }

  private void release(int tensor) {
    users[tensor]--;
    if (users[tensor] == 0) {
      tensors[tensor] = null;
      int maker = ensemble.maker(tensor);
      if (maker >= 0) {
        release(maker, answers[maker]);
      }
    }
  }

  private void release(int maker, @Nullable BatchResult answer) {
    if (answer != null) {
      held[maker]--;
      if (held[maker] == 0) {
        answers[maker] = null;
        answer.close();
      }
    }
  }

  /** After {@link #abandon}: whether a step that was asked reads memory of the request. */
  boolean readsRequest() {
    for (int tensor = 0; tensor < plan.inputs(); tensor++) {
      if (users[tensor] > 0) {
        return true;
      }
    }
    return false;
  }

  /** Once all steps ended: what the client wants. */
  List<Tensor> outputs() {
    var outputs = new ArrayList<Tensor>(wanted.size());
    for (var result : wanted) {
      outputs.add(result.of(requireNonNull(tensors[result.tensor()])));
    }
    return outputs;
  }

  /** The answers that these are views on; the caller closes them. */
  List<BatchResult> handOver() {
    var open = new ArrayList<BatchResult>();
    for (var answer : answers) {
      if (answer != null) {
        open.add(answer);
      }
    }
    return open;
  }
}
