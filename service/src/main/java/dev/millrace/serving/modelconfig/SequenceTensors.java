package dev.millrace.serving.modelconfig;

import com.google.common.primitives.Longs;
import dev.millrace.protocol.oip.DataType;
import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelSequenceBatching.Control;
import dev.millrace.protocol.oip.ModelSequenceBatching.State;
import dev.millrace.serving.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** The inputs and outputs of a model of sequences: those that clients see, and the others. */
final class SequenceTensors {
  private SequenceTensors() {}

  /** The declared inputs, then the controls, then the states. */
  static List<DeclaredTensor> inputs(ModelConfig config) {
    var inputs = new ArrayList<DeclaredTensor>();
    config.getInputList().forEach(input -> inputs.add(new DeclaredTensor(input)));
    for (var control : config.getSequenceBatching().getControlInputList()) {
      inputs.add(
          new DeclaredTensor(control.getName(), type(control.getControl(0)), Shape.of(1), null));
    }
    for (var state : config.getSequenceBatching().getStateList()) {
      inputs.add(tensor(state.getInputName(), state));
    }
    return inputs;
  }

  /** The declared outputs, and then the states that are none of them. */
  static List<DeclaredTensor> outputs(ModelConfig config) {
    var outputs = new ArrayList<DeclaredTensor>();
    config.getOutputList().forEach(output -> outputs.add(new DeclaredTensor(output)));
    for (var state : config.getSequenceBatching().getStateList()) {
      if (outputs.stream().noneMatch(known -> known.name().equals(state.getOutputName()))) {
        outputs.add(tensor(state.getOutputName(), state));
      }
    }
    return outputs;
  }

  private static DeclaredTensor tensor(String name, State state) {
    return new DeclaredTensor(
        name, state.getDataType(), Shape.of(Longs.toArray(state.getDimsList())), null);
  }

  private static DataType type(Control control) {
    if (control.getKind() == Control.Kind.CONTROL_SEQUENCE_CORRID) {
      return control.getDataType();
    }
    if (control.getInt32FalseTrueCount() > 0) {
      return DataType.TYPE_INT32;
    }
    return control.getFp32FalseTrueCount() > 0 ? DataType.TYPE_FP32 : DataType.TYPE_BOOL;
  }
}
