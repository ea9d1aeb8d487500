package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.sharedmemory.SharedPlace;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which inputs of a message lie in shared memory, and where.
 *
 * @param byIndex null for an input whose elements are in the message
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record InputPlaces(@Nullable SharedPlace[] byIndex) {
  /** Refuses places where shared memory is off. */
  static InputPlaces of(ModelInferRequest message, SharedRegions regions) {
    var places = new @Nullable SharedPlace[message.getInputsCount()];
    for (int i = 0; i < places.length; i++) {
      var input = message.getInputs(i);
      places[i] = TensorParameters.place(input.getName(), input.getParametersMap(), regions);
    }
    return new InputPlaces(places);
  }

  /** How many of the inputs lie there. */
  int count() {
    return (int) Arrays.stream(byIndex).filter(Objects::nonNull).count();
  }

  boolean has(int index) {
    return byIndex[index] != null;
  }
}
