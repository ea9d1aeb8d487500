package dev.millrace.serving.api.oip.grpc;

import com.google.protobuf.CodedOutputStream;
import io.grpc.internal.CompositeReadableBuffer;
import io.grpc.internal.ReadableBuffers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** Makes the bytes of ModelInfer requests in any of the ways that protobuf allows. */
final class WireMessages {
  private static final List<String> TYPES = List.of("FP32", "FP64", "INT8", "BOOL", "UINT16");
  private static final List<Integer> TYPE_BYTES = List.of(4, 8, 1, 1, 2);

  private final RandomGenerator random;

  WireMessages(RandomGenerator random) {
    this.random = random;
  }

  /** Writes fields. */
  interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  static byte[] bytes(Fields fields) {
    try {
      var bytes = new ByteArrayOutputStream();
      var out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The stream that gRPC makes of a message that arrived in pieces of at most so many bytes. */
  static InputStream arrived(byte[] message, int pieceBytes) {
    var pieces = new CompositeReadableBuffer();
    for (int at = 0; at < message.length; at += pieceBytes) {
      int length = Math.min(pieceBytes, message.length - at);
      var piece = ByteBuffer.allocateDirect(length).put(message, at, length).flip();
      pieces.addBuffer(ReadableBuffers.wrap(piece));
    }
    return ReadableBuffers.openStream(pieces, true);
  }

  /** A plain request: its fields in some order, each written in some way. */
  byte[] plain() {
    var inputs = new ArrayDeque<byte[]>();
    var contents = new ArrayDeque<byte[]>();
    int count = random.nextInt(1, 4);
    for (int i = 0; i < count; i++) {
      addInput(inputs, contents);
    }
    return merged(List.of(inputs, contents, new ArrayDeque<>(others())));
  }

  private void addInput(ArrayDeque<byte[]> inputs, ArrayDeque<byte[]> contents) {
    int type = random.nextInt(TYPES.size());
    long rows = random.nextInt(0, 4);
    long columns = random.nextInt(1, 200);
    var fields = new ArrayList<byte[]>();
    text(1, 20, fields);
    if (random.nextInt(10) == 0) {
      fields.add(bytes(out -> out.writeString(2, "FP32")));
    }
    fields.addAll(mixed(List.of(dimensions(rows, columns))));
    fields.add(bytes(out -> out.writeString(2, TYPES.get(type))));
    inputs.add(bytes(out -> out.writeByteArray(5, joined(fields))));
    var data = new byte[(int) (rows * columns * TYPE_BYTES.get(type))];
    random.nextBytes(data);
    contents.add(bytes(out -> out.writeByteArray(7, data)));
  }

  /** Two dimensions, packed or not, or one of them so. */
  private byte[] dimensions(long rows, long columns) {
    return switch (random.nextInt(3)) {
      case 0 -> bytes(out -> packed(out, rows, columns));
      case 1 ->
          bytes(
              out -> {
                out.writeInt64(3, rows);
                packed(out, columns);
              });
      default ->
          bytes(
              out -> {
                out.writeInt64(3, rows);
                out.writeInt64(3, columns);
              });
    };
  }

  private static void packed(CodedOutputStream out, long... values) throws IOException {
    out.writeByteArray(
        3,
        bytes(
            content -> {
              for (long value : values) {
                content.writeInt64NoTag(value);
              }
            }));
  }

  private List<byte[]> others() {
    var fields = new ArrayList<byte[]>();
    text(1, 20, fields);
    text(2, 3, fields);
    text(3, 100, fields);
    for (int i = random.nextInt(3); i > 0; i--) {
      var name = new ArrayList<byte[]>();
      text(1, 20, name);
      fields.add(bytes(out -> out.writeByteArray(6, joined(name))));
    }
    return mixed(fields);
  }

  /** A string that is there once, not at all, or twice. */
  private void text(int field, int longest, List<byte[]> fields) {
    for (int i = random.nextInt(8) == 0 ? random.nextInt(3) : 1; i > 0; i--) {
      var text = new StringBuilder();
      random.ints(random.nextInt(longest), 1, 0x80).forEach(text::appendCodePoint);
      fields.add(bytes(out -> out.writeString(field, text.toString())));
    }
  }

  private List<byte[]> mixed(List<byte[]> fields) {
    var mixed = new ArrayList<>(fields);
    Collections.shuffle(mixed, java.util.Random.from(random));
    return mixed;
  }

  /** The order within each queue stays. */
  private byte[] merged(List<ArrayDeque<byte[]>> queues) {
    var left = new ArrayList<>(queues);
    var fields = new ArrayList<byte[]>();
    while (!left.isEmpty()) {
      int next = random.nextInt(left.size());
      if (left.get(next).isEmpty()) {
        left.remove(next);
      } else {
        fields.add(left.get(next).remove());
      }
    }
    return joined(fields);
  }

  static byte[] joined(List<byte[]> fields) {
    var all = new ByteArrayOutputStream();
    fields.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** The message with something broken, or another thing than it was. */
  byte[] damaged(byte[] message) {
    var damaged = message.clone();
    switch (random.nextInt(4)) {
      case 0 -> {
        return java.util.Arrays.copyOf(message, random.nextInt(message.length + 1));
      }
      case 1 ->
          damaged[random.nextInt(Math.min(message.length, 60))] ^= (byte) (1 << random.nextInt(8));
      case 2 -> damaged[random.nextInt(message.length)] = (byte) random.nextInt(256);
      default -> {
        return joined(List.of(message, unusual()));
      }
    }
    return damaged;
  }

  private byte[] unusual() {
    return switch (random.nextInt(6)) {
      case 0 -> bytes(out -> out.writeInt64(9, random.nextLong()));
      case 1 -> bytes(out -> out.writeString(100, "unknown"));
      case 2 -> bytes(out -> out.writeFixed64(1, 7));
      case 3 -> bytes(out -> out.writeString(1, "größer"));
      case 4 -> bytes(out -> out.writeByteArray(4, bytes(entry -> entry.writeString(1, "a"))));
      default ->
          bytes(out -> out.writeByteArray(5, bytes(in -> in.writeByteArray(5, new byte[0]))));
    };
  }
}
