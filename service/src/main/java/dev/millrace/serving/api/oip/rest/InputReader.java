package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.sharedmemory.SharedPlace;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads one element of {@code inputs}. {@code data} is read at once when shape and datatype came
 * before it; otherwise its place is kept and it is read at the end of the element.
 */
final class InputReader {
  private static final int MAX_RANK = 32;
  private static final int ABSENT = -1;

  private final JsonReader json;
  private final TensorMemory memory;
  private final DecodedRequest request;
  private final InferParameters fields;
  private final RegionParameters region;
  private @Nullable String name;
  private @Nullable DataType type;
  private @Nullable Shape shape;
  private @Nullable ByteBuf data;
  private int dataMark = ABSENT;
  private long binaryBytes = ABSENT;
  private @Nullable SharedPlace place;

  InputReader(JsonReader json, TensorMemory memory, DecodedRequest request) {
    this.json = json;
    this.memory = memory;
    this.request = request;
    this.fields = new InferParameters(json);
    this.region = new RegionParameters(memory.regions(), "Send the input as binary data.");
  }

  /** Consumes the element. */
  void read() {
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      readField(json.key());
    }
    place = region.place(name == null ? "" : name);
    checkForm();
    if (dataMark != ABSENT && data == null) {
      int behind = json.mark();
      json.jumpTo(dataMark);
      data = readData();
      json.jumpTo(behind);
    }
  }

  /** The tensor; takes the next binary data when the input comes as such. */
  Tensor tensor(String model, BinaryTensorReader binary) {
    if (place != null) {
      return new Tensor(name(), type(), shape(), shared(model, place));
    }
    if (data == null) {
      return binary.next(name(), type(), shape(), binaryBytes);
    }
    return new Tensor(name(), type(), shape(), data.nioBuffer().order(ByteOrder.LITTLE_ENDIAN));
  }

  /** Memory at the speed of memory, no more than a body has: read on the event loop. */
  private ByteBuffer shared(String model, SharedPlace place) {
    long count = TensorMemory.count(name(), shape());
    try (var input = memory.regions().input(model, name(), type(), count, place)) {
      var copy = memory.allocateShared(name(), input.sizeBytes(), request.bytes());
      request.owns(copy);
      var bytes = copy.nioBuffer(0, (int) input.sizeBytes()).order(ByteOrder.LITTLE_ENDIAN);
      input.copyTo(bytes);
      return bytes.flip();
    }
  }

  private void readField(String key) {
    switch (key) {
      case "name" -> name = fields.string(key);
      case "datatype" -> type = readType();
      case "shape" -> shape = readShape();
      case "parameters" -> readParameters();
      case "data" -> meetData();
      default -> json.skipValue();
    }
  }

  private DataType readType() {
    var text = fields.string("datatype");
    return DataType.named(text)
        .orElseThrow(
            () ->
                JsonReader.refusal(
                    "invalid datatype '%s' for input %s: expected one of %s"
                        .formatted(text, shownName(), Arrays.toString(DataType.values()))));
  }

  private Shape readShape() {
    fields.once("shape");
    var dimensions = new long[MAX_RANK];
    int rank = 0;
    for (var more = json.enterArray(); more; more = json.moreElements()) {
      if (rank == MAX_RANK) {
        throw JsonReader.refusal(
            "the shape of input %s has more than %d dimensions".formatted(shownName(), MAX_RANK));
      }
      dimensions[rank++] = readDimension();
    }
    return Shape.of(Arrays.copyOf(dimensions, rank));
  }

  private long readDimension() {
    byte first = json.peek();
    var number = first == '-' || (first >= '0' && first <= '9') ? json.number() : null;
    if (number == null || !number.fitsLong() || number.toLong() < 0) {
      throw JsonReader.refusal(
          "Unable to parse 'shape' of input %s: it has %s; expected whole numbers, 0 or larger"
              .formatted(shownName(), number == null ? "something else" : number.shown()));
    }
    return number.toLong();
  }

  private void readParameters() {
    fields.once("parameters");
    var parameters = new InferParameters(json);
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      var key = json.key();
      switch (key) {
        case "binary_data_size" -> binaryBytes = parameters.count(key, Integer.MAX_VALUE);
        default -> {
          if (!region.read(key, parameters)) {
            json.skipValue();
          }
        }
      }
    }
  }

  private void meetData() {
    fields.once("data");
    dataMark = json.mark();
    if (name != null && type != null && shape != null) {
      data = readData();
    } else {
      json.skipValue();
    }
  }

  private ByteBuf readData() {
    refuseHalfPrecision();
    var target = memory.allocate(name(), type(), shape(), json.remaining());
    request.owns(target);
    new JsonTensorReader(json, name(), type(), shape(), target).read();
    return target;
  }

  private void refuseHalfPrecision() {
    if (type == DataType.FP16 || type == DataType.BF16) {
      throw JsonReader.refusal(
          "receiving %s data via JSON is not supported. Please use the binary data format for input %s"
              .formatted(type, name));
    }
  }

  private void checkForm() {
    if (name == null || type == null || shape == null) {
      throw JsonReader.refusal(
          "Unable to parse '%s': input %s has none"
              .formatted(name == null ? "name" : type == null ? "datatype" : "shape", shownName()));
    }
    boolean json = dataMark != ABSENT;
    boolean binary = binaryBytes != ABSENT;
    if (place != null) {
      if (json || binary) {
        throw JsonReader.refusal(
            "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', 'shared_memory_region' in 'parameters'. But input %s sets several"
                .formatted(shownName()));
      }
      return;
    }
    if (json == binary) {
      throw JsonReader.refusal(
          "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters'. But input %s %s"
              .formatted(shownName(), json ? "sets both" : "sets none"));
    }
  }

  private String shownName() {
    return name == null ? "without a name" : "'" + name + "'";
  }

  private String name() {
    return present(name);
  }

  private DataType type() {
    return present(type);
  }

  private Shape shape() {
    return present(shape);
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("The input was not checked");
    }
    return value;
  }
}
