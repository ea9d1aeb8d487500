package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SequenceTest {
  private static final Tensor FIRST = Tensors.row("state", 0);

  private final StateMemory memory = new StateMemory(8);
  private final Sequence sequence = new Sequence(new SequenceTag.NumberId(1), List.of(FIRST));

  @Test
  void writesStatesOverThoseBeforeTheLast() {
    Set<ByteBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 1; i <= 10; i++) {
      assertThat(sequence.advance(List.of(Tensors.row("out", i)), memory)).isTrue();
      var state = sequence.state().getFirst();
      assertThat(state.name()).isEqualTo("state");
      assertThat(Tensors.floats(state)).containsExactly(i);
      buffers.add(state.data());
    }
    assertThat(buffers).hasSize(2);
    assertThat(memory.taken()).isEqualTo(8);
    assertThat(Tensors.floats(FIRST)).containsExactly(0);
  }

  @Test
  void keepsItsStateWhereThereIsNoMemoryForTheNext() {
    assertThat(sequence.advance(List.of(Tensors.row("out", 1)), memory)).isTrue();
    assertThat(sequence.advance(List.of(Tensors.row("out", 1, 2, 3)), memory)).isFalse();
    assertThat(Tensors.floats(sequence.state().getFirst())).containsExactly(1);
    assertThat(memory.taken()).isEqualTo(4);
    assertThat(sequence.stateBytes()).isEqualTo(4);
  }
}
