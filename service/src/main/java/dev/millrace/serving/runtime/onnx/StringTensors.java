package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.millrace.serving.tensor.ByteStrings;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Carries text in and out of ONNX Runtime, whose Java interface does so as modified UTF-8: what
 * that spells differently (characters beyond the basic plane, NUL) or cannot spell (bytes that are
 * not UTF-8) would arrive as something else inside the model, and is refused.
 */
final class StringTensors {
  private static final int LENGTH_BYTES = 4;

  private StringTensors() {}

  /** What is wrong with the text of a tensor, if anything is. */
  static Optional<String> objectionTo(Tensor tensor) {
    if (tensor.type() != DataType.BYTES) {
      return Optional.empty();
    }
    int offset = tensor.data().position();
    for (long i = 0; offset < tensor.data().limit(); i++) {
      if (!isCarried(ByteStrings.element(tensor.data(), offset))) {
        return Optional.of(
            "Element %d of input '%s' is not text that ONNX Runtime's Java interface can carry. Send UTF-8 without NUL and without characters beyond U+FFFF (such as emoji)."
                .formatted(i, tensor.name()));
      }
      offset = ByteStrings.skip(tensor.data(), offset, 1);
    }
    return Optional.empty();
  }

  private static boolean isCarried(ByteBuffer text) {
    try {
      var decoded = StandardCharsets.UTF_8.newDecoder().decode(text);
      return decoded.chars().noneMatch(c -> c == 0 || Character.isSurrogate((char) c));
    } catch (CharacterCodingException _) {
      return false;
    }
  }

  static OnnxTensor create(OrtEnvironment environment, Tensor tensor) throws OrtException {
    var texts = new ArrayList<String>();
    int offset = tensor.data().position();
    while (offset < tensor.data().limit()) {
      texts.add(
          StandardCharsets.UTF_8.decode(ByteStrings.element(tensor.data(), offset)).toString());
      offset = ByteStrings.skip(tensor.data(), offset, 1);
    }
    return OnnxTensor.createTensor(
        environment, texts.toArray(String[]::new), tensor.shape().toArray());
  }

  /** The elements of a result in the form of the protocol, in a new direct buffer. */
  static ByteBuffer read(OnnxTensor result) throws OrtException {
    var texts = new ArrayList<byte[]>();
    flatten(result.getValue(), texts);
    int size = 0;
    for (var text : texts) {
      size = Math.addExact(size, LENGTH_BYTES + text.length);
    }
    var data = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    for (var text : texts) {
      data.putInt(text.length).put(text);
    }
    return data.flip();
  }

  private static void flatten(Object value, List<byte[]> texts) {
    if (value instanceof Object[] values) {
      for (var inner : values) {
        flatten(inner, texts);
      }
    } else {
      texts.add(value.toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
