package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes answers in the raw form as the bytes that the generated classes would write, but straight
 * from the memory of the answer. Names beyond ASCII are left to {@link InferEncoder}.
 */
final class PlainAnswers {
  private static final int MODEL_NAME = 0x0A;
  private static final int MODEL_VERSION = 0x12;
  private static final int ID = 0x1A;
  private static final int OUTPUT = 0x2A;
  private static final int RAW_CONTENTS = 0x32;
  private static final int TENSOR_NAME = 0x0A;
  private static final int DATATYPE = 0x12;
  private static final int DIMENSIONS = 0x1A;

  private PlainAnswers() {}

  /** The message; null where it is not plain. */
  static @Nullable EncodedMessage encode(InferenceAnswer answer, String id) {
    var outputs = answer.outputs();
    if (!isPlain(answer, id, outputs)) {
      return null;
    }
    int size =
        Math.addExact(
            textBytes(answer.model()) + textBytes(answer.version()) + textBytes(id),
            outputBytes(outputs));
    var message = new WireWriter(size);
    message.text(MODEL_NAME, answer.model());
    message.text(MODEL_VERSION, answer.version());
    message.text(ID, id);
    for (int i = 0; i < outputs.size(); i++) {
      write(outputs.get(i), message);
    }
    for (int i = 0; i < outputs.size(); i++) {
      message.bytes(RAW_CONTENTS, outputs.get(i).data());
    }
    return message.finished();
  }

  private static boolean isPlain(InferenceAnswer answer, String id, List<Tensor> outputs) {
    for (int i = 0; i < outputs.size(); i++) {
      if (!WireWriter.isAscii(outputs.get(i).name())) {
        return false;
      }
    }
    return WireWriter.isAscii(id)
        && WireWriter.isAscii(answer.model())
        && WireWriter.isAscii(answer.version());
  }

  private static int outputBytes(List<Tensor> outputs) {
    int size = 0;
    for (int i = 0; i < outputs.size(); i++) {
      var output = outputs.get(i);
      size = Math.addExact(size, WireWriter.fieldBytes(descriptionBytes(output)));
      size = Math.addExact(size, WireWriter.fieldBytes(output.data().remaining()));
    }
    return size;
  }

  private static int descriptionBytes(Tensor output) {
    int dimensionBytes = dimensionBytes(output);
    return textBytes(output.name())
        + textBytes(output.type().name())
        + (dimensionBytes == 0 ? 0 : WireWriter.fieldBytes(dimensionBytes));
  }

  private static int dimensionBytes(Tensor output) {
    var shape = output.shape();
    int size = 0;
    for (int i = 0; i < shape.rank(); i++) {
      size += WireWriter.varintBytes(shape.dimension(i));
    }
    return size;
  }

  /** Protobuf leaves an empty string out. */
  private static int textBytes(String text) {
    return text.isEmpty() ? 0 : WireWriter.fieldBytes(text.length());
  }

  private static void write(Tensor output, WireWriter message) {
    message.head(OUTPUT, descriptionBytes(output));
    message.text(TENSOR_NAME, output.name());
    message.text(DATATYPE, output.type().name());
    int dimensionBytes = dimensionBytes(output);
    if (dimensionBytes > 0) {
      message.head(DIMENSIONS, dimensionBytes);
      for (int i = 0; i < output.shape().rank(); i++) {
        message.varint(output.shape().dimension(i));
      }
    }
  }
}
