package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.scheduling.CacheUse;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One plain message while it is read; see {@link PlainRequests}. */
final class PlainRequest {
  // Field number and wire type, as the first byte of a field has them.
  private static final int MODEL_NAME = 0x0A;
  private static final int MODEL_VERSION = 0x12;
  private static final int ID = 0x1A;
  private static final int INPUT = 0x2A;
  private static final int OUTPUT = 0x32;
  private static final int RAW_CONTENTS = 0x3A;
  private static final int TENSOR_NAME = 0x0A;
  private static final int DATATYPE = 0x12;
  private static final int DIMENSION = 0x18;
  private static final int DIMENSIONS = 0x1A;

  private static final int ALIGNMENT = 8;

  /** For the gaps between a few contents; once it is used up, for those of all there may be. */
  private static final int SLACK_BYTES = 64;

  private static final int FULL_SLACK_BYTES = ALIGNMENT * MessageLimits.MAX_TENSORS;

  /** More than tensors of any use have. */
  private static final int MAX_RANK = 32;

  private final WireBytes bytes;
  private final ByteBufAllocator allocator;
  private final Names names;
  private final List<PlainInput> inputs = new ArrayList<>(2);
  private ByteBuf memory = Unpooled.EMPTY_BUFFER;
  private String model = "";
  private String version = "";
  private String id = "";
  private List<String> outputs = List.of();

  /** Where each raw content begins in the memory, and its length. */
  private int[] contents = new int[4];

  private int contentCount;
  private int usedBytes;

  PlainRequest(WireBytes bytes, ByteBufAllocator allocator, Names names) {
    this.bytes = bytes;
    this.allocator = allocator;
    this.names = names;
  }

  DecodedInfer read(long deadlineNanos) throws IOException, NotPlainException {
    while (bytes.position() < bytes.size()) {
      readField();
    }
    var tensors = tensors();
    var wanted = version.isEmpty() ? null : version;
    var request =
        new InferenceRequest(model, wanted, tensors, outputs, deadlineNanos, 0, CacheUse.FULL);
    return new DecodedInfer(request, id, memory, Form.RAW);
  }

  /** Gives back the memory of a request that is not made. */
  void release() {
    memory.release();
  }

  private void readField() throws IOException, NotPlainException {
    switch (bytes.readByte()) {
      case MODEL_NAME -> model = readName(bytes.size());
      case MODEL_VERSION -> version = readName(bytes.size());
      case ID -> id = bytes.readAscii(bytes.readLength(bytes.size()));
      case INPUT -> inputs.add(readInput(bytes.readLength(bytes.size())));
      case OUTPUT -> readOutput(bytes.readLength(bytes.size()));
      case RAW_CONTENTS -> readContents(bytes.readLength(bytes.size()));
      default -> throw new NotPlainException();
    }
  }

  private String readName(int end) throws IOException, NotPlainException {
    return bytes.readName(bytes.readLength(end), names);
  }

  private PlainInput readInput(int length) throws IOException, NotPlainException {
    requireFew(inputs.size());
    int end = bytes.position() + length;
    var input = new PlainInput();
    while (bytes.position() < end) {
      switch (bytes.readByte()) {
        case TENSOR_NAME -> input.name = readName(end);
        case DATATYPE -> input.datatype = readName(end);
        case DIMENSION -> input.add(bytes.readVarint());
        case DIMENSIONS -> readDimensions(input, bytes.readLength(end));
        default -> throw new NotPlainException();
      }
    }
    requireAt(end);
    return input;
  }

  private void readDimensions(PlainInput input, int length) throws IOException, NotPlainException {
    int end = bytes.position() + length;
    while (bytes.position() < end) {
      input.add(bytes.readVarint());
    }
    requireAt(end);
  }

  private void readOutput(int length) throws IOException, NotPlainException {
    requireFew(outputs.size());
    int end = bytes.position() + length;
    var name = "";
    while (bytes.position() < end) {
      if (bytes.readByte() != TENSOR_NAME) {
        throw new NotPlainException();
      }
      name = readName(end);
    }
    requireAt(end);
    if (outputs.isEmpty()) {
      outputs = new ArrayList<>(2);
    }
    outputs.add(name);
  }

  private void readContents(int length) throws IOException, NotPlainException {
    requireFew(contentCount);
    int start = usedBytes + ALIGNMENT - 1 & -ALIGNMENT;
    reserve((long) start + length, bytes.size() - bytes.position() - length);
    bytes.copyTo(memory, start, length);
    if (contents.length == 2 * contentCount) {
      contents = Arrays.copyOf(contents, 2 * contents.length);
    }
    contents[2 * contentCount] = start;
    contents[2 * contentCount + 1] = length;
    contentCount++;
    usedBytes = start + length;
  }

  /** What follows in the message may be contents as well. */
  private void reserve(long neededBytes, int followingBytes) throws NotPlainException {
    if (neededBytes <= memory.capacity() && memory.capacity() > 0) {
      return;
    }
    int slackBytes = memory.capacity() == 0 ? SLACK_BYTES : FULL_SLACK_BYTES;
    long capacity = neededBytes + followingBytes + slackBytes;
    if (capacity > Integer.MAX_VALUE) {
      throw new NotPlainException();
    }
    if (memory.capacity() == 0) {
      memory = allocator.directBuffer((int) capacity);
    } else {
      memory.capacity((int) capacity);
    }
  }

  private List<Tensor> tensors() throws NotPlainException {
    if (contentCount == 0 || contentCount != inputs.size()) {
      throw new NotPlainException();
    }
    if (contentCount == 1) {
      return List.of(tensor(0));
    }
    var tensors = new ArrayList<Tensor>(contentCount);
    for (int i = 0; i < contentCount; i++) {
      tensors.add(tensor(i));
    }
    return tensors;
  }

  private Tensor tensor(int index) throws NotPlainException {
    var input = inputs.get(index);
    int length = contents[2 * index + 1];
    var type = input.type();
    var shape = input.shape(type, length);
    var data = memory.nioBuffer(contents[2 * index], length).order(ByteOrder.LITTLE_ENDIAN);
    return new Tensor(input.name, type, shape, data);
  }

  private static void requireFew(int count) throws NotPlainException {
    if (count >= MessageLimits.MAX_TENSORS) {
      throw new NotPlainException();
    }
  }

  private void requireAt(int end) throws NotPlainException {
    if (bytes.position() != end) {
      throw new NotPlainException();
    }
  }

  /** What a message says of an input. */
  private static final class PlainInput {
    private String name = "";
    private String datatype = "";
    private long[] dimensions = new long[4];
    private int rank;

    void add(long dimension) throws NotPlainException {
      if (rank == MAX_RANK) {
        throw new NotPlainException();
      }
      if (rank == dimensions.length) {
        dimensions = Arrays.copyOf(dimensions, 2 * rank);
      }
      dimensions[rank++] = dimension;
    }

    /** Byte strings are left to others. */
    DataType type() throws NotPlainException {
      var type = DataType.named(datatype);
      if (type.isEmpty() || type.get() == DataType.BYTES) {
        throw new NotPlainException();
      }
      return type.get();
    }

    /** Such that its elements take so many bytes. */
    Shape shape(DataType type, int lengthBytes) throws NotPlainException {
      long size = type.sizeBytes();
      for (int i = 0; i < rank; i++) {
        // With less than 2^31 on both sides, the product does not overflow.
        if (dimensions[i] < 0 || dimensions[i] > Integer.MAX_VALUE || size > Integer.MAX_VALUE) {
          throw new NotPlainException();
        }
        size *= dimensions[i];
      }
      if (size != lengthBytes) {
        throw new NotPlainException();
      }
      return Shape.of(Arrays.copyOf(dimensions, rank));
    }
  }
}
