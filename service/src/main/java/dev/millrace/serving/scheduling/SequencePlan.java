package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a model of sequences has beside what its clients see: behind their inputs those by which it
 * is told where a request stands, and then its states; behind their outputs those states that they
 * do not see.
 *
 * @param visible what clients see
 * @param slots how many sequences run at a time; more wait for the end of one of them
 * @param idleLimit after this long without a request a sequence is over
 */
public record SequencePlan(
    Signature visible,
    List<SequenceControl> controls,
    List<SequenceState> states,
    int slots,
    Duration idleLimit) {
  /** Copies the lists. */
  public SequencePlan {
    controls = List.copyOf(controls);
    states = List.copyOf(states);
  }

  /** What a sequence begins with. */
  List<Tensor> initial() {
    return states.stream().map(SequenceState::initial).toList();
  }

  /** What the states of all slots take as long as they do not grow; each is there twice. */
  public long leastStateBytes() {
    long bytes = 0;
    for (var state : states) {
      bytes += 2L * state.initial().data().remaining();
    }
    return bytes * slots;
  }

  /** All inputs of a run. */
  List<Tensor> inputs(ScheduledRequest request, SequenceTag tag, List<Tensor> state) {
    var inputs = new ArrayList<>(request.inputs());
    for (var control : controls) {
      inputs.add(control.tensor(tag));
    }
    inputs.addAll(state);
    return inputs;
  }

  /** The indexes of all outputs that clients see. */
  List<Integer> allOutputs() {
    return IntStream.range(0, visible.outputs().size()).boxed().toList();
  }

  /** The same and then the states among the outputs, each once. */
  List<Integer> computed(List<Integer> wanted) {
    var computed = new ArrayList<>(wanted);
    for (var state : states) {
      if (!computed.contains(state.output())) {
        computed.add(state.output());
      }
    }
    return computed;
  }
}
