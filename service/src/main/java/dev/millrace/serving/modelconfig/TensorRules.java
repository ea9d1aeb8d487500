package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.oip.DataType;
import dev.millrace.serving.tensor.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What Triton refuses of one input or output, before it knows the model. */
final class TensorRules {
  private final ConfigSource source;
  private final String path;
  private final String prefix;

  /** The prefix begins Triton's texts. */
  TensorRules(ConfigSource source, String path, String prefix) {
    this.source = source;
    this.path = path;
    this.prefix = prefix;
  }

  void require(DeclaredTensor tensor, int maxBatchSize) throws IOException {
    if (tensor.name().isEmpty()) {
      throw source.refusal(path, prefix + "must specify 'name'");
    }
    if (tensor.type() == DataType.TYPE_INVALID || tensor.type() == DataType.UNRECOGNIZED) {
      throw refusal(tensor, "", "must specify 'data_type'");
    }
    if (tensor.dims().rank() == 0) {
      throw refusal(tensor, "", "must specify 'dims'");
    }
    if (hasZero(tensor.dims())) {
      throw refusal(
          tensor,
          ".dims",
          "dimension must be integer >= 1, or -1 to indicate a variable-size dimension");
    }
    if (tensor.reshape() != null) {
      requireReshape(tensor, tensor.reshape(), maxBatchSize);
    }
  }

  private void requireReshape(DeclaredTensor tensor, Shape reshape, int maxBatchSize)
      throws IOException {
    if (reshape.rank() == 0 && maxBatchSize == 0) {
      throw refusal(
          tensor,
          ".reshape",
          "cannot have empty reshape for non-batching model as scalar tensors are not supported");
    }
    if (hasZero(reshape)) {
      throw refusal(
          tensor,
          ".reshape",
          "reshape dimensions must be integer >= 1, or -1 to indicate a variable-size dimension");
    }
    var outside = chunks(tensor.dims());
    var inside = chunks(reshape);
    if (outside.size() != inside.size()) {
      throw refusal(
          tensor,
          ".reshape",
          "has different number of variable-size dimensions for dims and reshape");
    }
    if (!outside.equals(inside)) {
      throw refusal(tensor, ".reshape", "has different size for dims and reshape");
    }
  }

  private static boolean hasZero(Shape shape) {
    for (long dimension : shape.toArray()) {
      if (dimension < 1 && dimension != Shape.ANY) {
        return true;
      }
    }
    return false;
  }

  /** Products between the open dimensions; -1 where one does not fit 63 bits. */
  private static List<Long> chunks(Shape shape) {
    var chunks = new ArrayList<Long>();
    long product = 1;
    for (long dimension : shape.toArray()) {
      if (dimension == Shape.ANY) {
        chunks.add(product);
        product = 1;
      } else {
        product = product < 0 || product > Long.MAX_VALUE / dimension ? -1 : product * dimension;
      }
    }
    chunks.add(product);
    return chunks;
  }

  private IOException refusal(DeclaredTensor tensor, String field, String reason) {
    return source.refusal(path + field, prefix + "'" + tensor.name() + "' " + reason);
  }
}
