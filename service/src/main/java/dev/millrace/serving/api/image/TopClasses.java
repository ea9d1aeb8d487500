package dev.millrace.serving.api.image;

import dev.millrace.serving.api.image.Classification.LabelledClass;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Names the most probable classes of an output with one probability per class. */
final class TopClasses {
  private static final int SHOWN = 5;

  private TopClasses() {}

  static List<LabelledClass> of(Tensor output, List<String> labels) {
    checkFloats(output);
    int classes = output.data().remaining() / Float.BYTES;
    if (classes == 0) {
      throw refusal(output, "has no elements");
    }
    return IntStream.range(0, classes)
        .mapToObj(index -> labelled(output, index, labels))
        .sorted(Comparator.comparingDouble(LabelledClass::probability).reversed())
        .limit(SHOWN)
        .toList();
  }

  private static LabelledClass labelled(Tensor output, int index, List<String> labels) {
    float probability = output.data().getFloat(output.data().position() + index * Float.BYTES);
    if (!Float.isFinite(probability)) {
      throw refusal(output, "has the value " + probability + " for this picture");
    }
    return new LabelledClass(
        index < labels.size() ? labels.get(index) : Integer.toString(index), probability);
  }

  private static void checkFloats(Tensor output) {
    if (output.type() != DataType.FP32) {
      throw refusal(output, "is " + output.type());
    }
  }

  private static InferenceException refusal(Tensor output, String found) {
    return new InferenceException(
        new InferenceFailure.Invalid(
            "Output '%s' %s; a classification needs one FP32 probability per class. Name such an output in image.output of the package's millrace.json."
                .formatted(output.name(), found)));
  }
}
