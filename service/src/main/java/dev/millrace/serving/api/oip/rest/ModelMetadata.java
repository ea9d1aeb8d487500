package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.List;

/** The JSON that describes a model. */
record ModelMetadata(
    String name,
    List<String> versions,
    String platform,
    List<TensorMetadata> inputs,
    List<TensorMetadata> outputs) {
  static ModelMetadata of(ModelDescription model) {
    return new ModelMetadata(
        model.model(),
        model.versions(),
        model.platform(),
        model.signature().inputs().stream().map(TensorMetadata::of).toList(),
        model.signature().outputs().stream().map(TensorMetadata::of).toList());
  }

  /** One input or output; -1 where any size is accepted. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record TensorMetadata(String name, String datatype, long[] shape) {
    private static TensorMetadata of(TensorSpec spec) {
      return new TensorMetadata(spec.name(), spec.type().name(), spec.shape().toArray());
    }
  }
}
