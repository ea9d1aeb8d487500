package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.oip.ModelSequenceBatching;
import dev.millrace.protocol.oip.ModelSequenceBatching.Control;
import dev.millrace.protocol.oip.ModelSequenceBatching.InitialState;
import dev.millrace.protocol.oip.ModelSequenceBatching.State;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.scheduling.SequenceControl;
import dev.millrace.serving.scheduling.SequencePlan;
import dev.millrace.serving.scheduling.SequenceScheduler;
import dev.millrace.serving.scheduling.SequenceState;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads off a configuration what a model of sequences gets beside the inputs of its clients. */
public final class SequencePlans {
  private static final Duration DEFAULT_IDLE = Duration.ofSeconds(1);
  private static final String FOLDER = "initial_state";
  private static final long MOST_STATE_BYTES = 64L << 20;

  private final DeclaredConfig declared;
  private final ModelSequenceBatching batching;
  private final Signature signature;

  private SequencePlans(DeclaredConfig declared, Signature signature) {
    this.declared = declared;
    this.signature = signature;
    batching = declared.message().getSequenceBatching();
  }

  /**
   * Null for a model whose requests stand for themselves. Blocks on files.
   *
   * @param signature of the model as {@link ConfiguredModel} shows it
   * @param copies of the model
   * @throws ModelLoadException where an initial state cannot be read
   */
  public static @Nullable SequencePlan of(
      @Nullable DeclaredConfig declared, Signature signature, int copies) {
    return declared == null || !declared.message().hasSequenceBatching()
        ? null
        : new SequencePlans(declared, signature).plan(copies);
  }

  private SequencePlan plan(int copies) {
    var config = declared.message();
    int ofClients = config.getInputCount();
    int controls = batching.getControlInputCount();
    var visible =
        new Signature(
            signature.inputs().subList(0, ofClients),
            signature.outputs().subList(0, config.getOutputCount()),
            signature.batchable());
    var plan =
        new SequencePlan(
            visible,
            controls(signature.inputs().subList(ofClients, ofClients + controls)),
            states(signature.inputs().subList(ofClients + controls, signature.inputs().size())),
            (int) Math.min((long) copies * slotsOfCopy(), Integer.MAX_VALUE),
            idleLimit());
    requireRoom(plan);
    return plan;
  }

  private static void requireRoom(SequencePlan plan) {
    long most = SequenceScheduler.mostStateBytes();
    if (plan.leastStateBytes() > most) {
      throw new ModelLoadException(
          "%d sequences at a time have states of %d bytes, and there is room for %d. Let fewer take part, by max_candidate_sequences or max_batch_size, or give the JVM more memory with -Xmx."
              .formatted(plan.slots(), plan.leastStateBytes(), most),
          null);
    }
  }

  private int slotsOfCopy() {
    int rows = Math.max(declared.message().getMaxBatchSize(), 1);
    int candidates = batching.getOldest().getMaxCandidateSequences();
    return batching.hasOldest() && candidates > 0 ? candidates : rows;
  }

  private Duration idleLimit() {
    long micros = batching.getMaxSequenceIdleMicroseconds();
    return micros == 0 ? DEFAULT_IDLE : Duration.of(micros, ChronoUnit.MICROS);
  }

  private List<SequenceControl> controls(List<TensorSpec> specs) {
    var controls = new ArrayList<SequenceControl>(specs.size());
    for (int i = 0; i < specs.size(); i++) {
      var control = batching.getControlInput(i).getControl(0);
      controls.add(
          new SequenceControl(specs.get(i), kind(control), value(control, 0), value(control, 1)));
    }
    return controls;
  }

  private static SequenceControl.Kind kind(Control control) {
    return switch (control.getKind()) {
      case CONTROL_SEQUENCE_START -> SequenceControl.Kind.START;
      case CONTROL_SEQUENCE_END -> SequenceControl.Kind.END;
      case CONTROL_SEQUENCE_READY -> SequenceControl.Kind.READY;
      case CONTROL_SEQUENCE_CORRID -> SequenceControl.Kind.ID;
      case UNRECOGNIZED -> throw new IllegalStateException("This kind was let through");
    };
  }

  private static ByteBuffer value(Control control, int index) {
    var bytes = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (control.getInt32FalseTrueCount() > 0) {
      return bytes.putInt(control.getInt32FalseTrue(index)).flip();
    }
    if (control.getFp32FalseTrueCount() > 0) {
      return bytes.putFloat(control.getFp32FalseTrue(index)).flip();
    }
    if (control.getBoolFalseTrueCount() > 0) {
      bytes.put((byte) (control.getBoolFalseTrue(index) ? 1 : 0));
    }
    return bytes.flip();
  }

  private List<SequenceState> states(List<TensorSpec> specs) {
    var states = new ArrayList<SequenceState>(specs.size());
    for (int i = 0; i < specs.size(); i++) {
      var state = batching.getState(i);
      states.add(new SequenceState(output(state), initial(state, specs.get(i))));
    }
    return states;
  }

  private int output(State state) {
    return SignatureChecks.indexOf(state.getOutputName(), signature.outputs());
  }

  private Tensor initial(State state, TensorSpec spec) {
    var initial = state.getInitialStateCount() == 0 ? null : state.getInitialState(0);
    var shape = shape(initial == null ? state.getDimsList() : initial.getDimsList());
    return new Tensor(spec.name(), spec.type(), shape, data(state, spec.type(), shape, initial));
  }

  /** One row, and one element where the configuration leaves a dimension open, as Triton. */
  private Shape shape(List<Long> dims) {
    int rows = signature.batchable() ? 1 : 0;
    var shape = new long[dims.size() + rows];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = i < rows ? 1 : Math.max(dims.get(i - rows), 1);
    }
    return Shape.of(shape);
  }

  private ByteBuffer data(State state, DataType type, Shape shape, @Nullable InitialState initial) {
    // A text without characters is its length, zero.
    long bytes = type == DataType.BYTES ? Integer.BYTES : type.sizeBytes();
    for (long dimension : shape.toArray()) {
      bytes = bytes > MOST_STATE_BYTES / dimension ? MOST_STATE_BYTES + 1 : bytes * dimension;
    }
    if (bytes > MOST_STATE_BYTES) {
      throw refusal(state, "has more than %d bytes".formatted(MOST_STATE_BYTES), null);
    }
    return initial == null || !initial.hasDataFile()
        ? ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN)
        : read(state, type, initial.getDataFile(), bytes);
  }

  private ByteBuffer read(State state, DataType type, String name, long wanted) {
    try {
      var file = ModelFolder.file(declared.folder(), FOLDER + "/" + name);
      long size = Files.size(file);
      if (size > MOST_STATE_BYTES || (type != DataType.BYTES && size != wanted)) {
        throw new IOException("it has %d bytes, and %d are wanted".formatted(size, wanted));
      }
      var data = ByteBuffer.allocateDirect((int) size).order(ByteOrder.LITTLE_ENDIAN);
      return data.put(Files.readAllBytes(file)).flip();
    } catch (IOException e) {
      throw refusal(state, "cannot be read from '%s': %s".formatted(name, e.getMessage()), e);
    }
  }

  private static ModelLoadException refusal(State state, String what, @Nullable IOException cause) {
    return new ModelLoadException(
        "The initial state of '%s' in config.pbtxt %s. Correct it."
            .formatted(state.getInputName(), what.replaceFirst("\\.$", "")),
        cause);
  }
}
