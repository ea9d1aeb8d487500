package dev.millrace.serving.api.oip.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.lifecycle.Whereabouts;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.List;

/**
 * The JSON that describes a model.
 *
 * @param parameters where it runs; the name that MLServer has for what goes beyond the protocol
 */
record ModelMetadata(
    String name,
    List<String> versions,
    String platform,
    List<TensorMetadata> inputs,
    List<TensorMetadata> outputs,
    Parameters parameters) {
  static ModelMetadata of(ModelDescription model, Whereabouts where) {
    return new ModelMetadata(
        model.model(),
        model.versions(),
        model.platform(),
        model.signature().inputs().stream().map(TensorMetadata::of).toList(),
        model.signature().outputs().stream().map(TensorMetadata::of).toList(),
        new Parameters(where.devices(), where.instances(), where.fallback()));
  }

  /** As {@link Whereabouts}; values are strings and numbers, as the protocol's parameters are. */
  record Parameters(
      String devices, int instances, @JsonInclude(JsonInclude.Include.NON_EMPTY) String fallback) {}

  /** One input or output; -1 where any size is accepted. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record TensorMetadata(String name, String datatype, long[] shape) {
    private static TensorMetadata of(TensorSpec spec) {
      return new TensorMetadata(spec.name(), spec.type().name(), spec.shape().toArray());
    }
  }
}
