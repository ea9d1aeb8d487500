package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.sharedmemory.SharedInput;
import dev.millrace.serving.api.sharedmemory.SharedPlace;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Inputs of which some lie in shared memory and the others in the message. A small message may name
 * much of it, so what all inputs take together has the limit of a message.
 */
final class SharedInputs implements InputData {
  private final ModelInferRequest message;
  private final InputPlaces places;
  private final SharedRegions regions;
  private final InputData others;
  private final int mostBytes;
  private final Map<Integer, SharedInput> shared = new HashMap<>();
  private long takenBytes;

  SharedInputs(
      ModelInferRequest message,
      InputPlaces places,
      SharedRegions regions,
      InputData others,
      int mostBytes) {
    this.message = message;
    this.places = places;
    this.regions = regions;
    this.others = others;
    this.mostBytes = mostBytes;
  }

  @Override
  public int sizeBytes(int index, DataType type, long elementCount) {
    var place = places.byIndex()[index];
    long size =
        place == null
            ? others.sizeBytes(index, type, elementCount)
            : sharedBytes(index, type, elementCount, place);
    if (size > mostBytes - takenBytes) {
      throw tooLarge(message.getInputs(index).getName(), size);
    }
    takenBytes += size;
    return (int) size;
  }

  private long sharedBytes(int index, DataType type, long elementCount, SharedPlace place) {
    var name = message.getInputs(index).getName();
    var input = regions.input(message.getModelName(), name, type, elementCount, place);
    shared.put(index, input);
    return input.sizeBytes();
  }

  @Override
  public void write(int index, DataType type, ByteBuffer target) {
    if (places.has(index)) {
      Objects.requireNonNull(shared.get(index)).copyTo(target);
    } else {
      others.write(index, type, target);
    }
  }

  private InferenceException tooLarge(String name, long size) {
    return new InferenceException(
        new InferenceFailure.TooLarge(
            "Input '%s' takes %d bytes of memory, with which the inputs of the request exceed the limit of %d bytes. Send fewer rows per request or raise the limit of the message."
                .formatted(name, size, mostBytes)));
  }

  @Override
  public void close() {
    shared.values().forEach(SharedInput::close);
  }
}
