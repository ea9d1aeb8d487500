package dev.millrace.serving.modelconfig;

import com.google.common.primitives.Longs;
import dev.millrace.protocol.oip.DataType;
import dev.millrace.protocol.oip.ModelInput;
import dev.millrace.protocol.oip.ModelOutput;
import dev.millrace.serving.tensor.Shape;
import org.jspecify.annotations.Nullable;

/**
 * One input or output as it is declared.
 *
 * @param dims as clients see it, without rows
 * @param reshape as the model's file has it, without rows; null where that is the same
 */
record DeclaredTensor(String name, DataType type, Shape dims, @Nullable Shape reshape) {
  DeclaredTensor(ModelInput input) {
    this(
        input.getName(),
        input.getDataType(),
        Shape.of(Longs.toArray(input.getDimsList())),
        input.hasReshape() ? Shape.of(Longs.toArray(input.getReshape().getShapeList())) : null);
  }

  DeclaredTensor(ModelOutput output) {
    this(
        output.getName(),
        output.getDataType(),
        Shape.of(Longs.toArray(output.getDimsList())),
        output.hasReshape() ? Shape.of(Longs.toArray(output.getReshape().getShapeList())) : null);
  }

  /** As the model's file has it. */
  Shape inside() {
    return reshape == null ? dims : reshape;
  }
}
