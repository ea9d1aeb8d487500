package dev.millrace.serving.fuzz;

import dev.millrace.serving.tensor.ByteStrings;
import dev.millrace.serving.tensor.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Named;

/**
 * An input taken apart as a tensor of one dimension: a byte for its type, one for its elements, the
 * elements as clients send them in binary.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record RawTensor(DataType type, int count, byte[] bytes) {
  private static final List<DataType> TYPES = List.of(DataType.values());

  /** Takes any bytes apart. */
  public static RawTensor of(byte[] input) {
    int type = input.length > 0 ? Byte.toUnsignedInt(input[0]) % TYPES.size() : 0;
    int count = input.length > 1 ? Byte.toUnsignedInt(input[1]) : 0;
    return new RawTensor(
        TYPES.get(type), count, Arrays.copyOfRange(input, Math.min(2, input.length), input.length));
  }

  /** Whether the bytes are the elements, no more and no less, as the engine will walk over them. */
  public boolean whole() {
    if (type != DataType.BYTES) {
      return bytes.length == count * type.sizeBytes();
    }
    try {
      var data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      return ByteStrings.skip(data, 0, count) == bytes.length;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /** Those of the corpus. */
  public static List<Named<byte[]>> seeds() throws IOException {
    return Fuzzer.seeds("rawtensor", HttpInput::unescaped);
  }
}
