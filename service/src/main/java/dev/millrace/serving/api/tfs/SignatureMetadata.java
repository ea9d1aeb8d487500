package dev.millrace.serving.api.tfs;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** The JSON that describes a model's inputs and outputs. */
record SignatureMetadata(@JsonProperty("model_spec") ModelSpec spec, Metadata metadata) {
  static SignatureMetadata of(ModelDescription model) {
    var signature =
        new SignatureDef(
            tensors(model.signature().inputs()),
            tensors(model.signature().outputs()),
            SignatureName.PREDICT);
    return new SignatureMetadata(
        new ModelSpec(model.model(), "", model.version()),
        new Metadata(new SignatureDefMap(Map.of(SignatureName.DEFAULT, signature))));
  }

  private static Map<String, TensorInfo> tensors(List<TensorSpec> specs) {
    var tensors = new LinkedHashMap<String, TensorInfo>();
    for (var spec : specs) {
      tensors.put(
          spec.name(),
          new TensorInfo(dtype(spec.type()), TensorShape.of(spec.shape()), spec.name()));
    }
    return tensors;
  }

  private static String dtype(DataType type) {
    return switch (type) {
      case BOOL -> "DT_BOOL";
      case UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64 -> "DT_" + type.name();
      case FP16 -> "DT_HALF";
      case BF16 -> "DT_BFLOAT16";
      case FP32 -> "DT_FLOAT";
      case FP64 -> "DT_DOUBLE";
      case BYTES -> "DT_STRING";
    };
  }

  record ModelSpec(String name, @JsonProperty("signature_name") String signature, String version) {}

  record Metadata(@JsonProperty("signature_def") SignatureDefMap signatures) {}

  record SignatureDefMap(@JsonProperty("signature_def") Map<String, SignatureDef> byName) {}

  record SignatureDef(
      Map<String, TensorInfo> inputs,
      Map<String, TensorInfo> outputs,
      @JsonProperty("method_name") String method) {}

  record TensorInfo(String dtype, @JsonProperty("tensor_shape") TensorShape shape, String name) {}

  /** Sizes are strings, as the JSON of protocol buffers has 64-bit numbers. */
  record TensorShape(List<Dim> dim, @JsonProperty("unknown_rank") boolean unknownRank) {
    private static TensorShape of(Shape shape) {
      return new TensorShape(
          LongStream.of(shape.toArray())
              .mapToObj(size -> new Dim(Long.toString(size), ""))
              .toList(),
          false);
    }
  }

  record Dim(String size, String name) {}
}
