package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.sharedmemory.RegionPart;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The outputs that a message wants in shared memory. They hold their regions open until they are
 * closed.
 */
final class SharedOutputs implements AutoCloseable {
  /** All outputs in the answer. */
  static final SharedOutputs NONE = new SharedOutputs(Map.of());

  private final Map<String, RegionPart> byName;

  private SharedOutputs(Map<String, RegionPart> byName) {
    this.byName = byName;
  }

  /** Refuses them where shared memory is off, and where they lie outside of a region. */
  static SharedOutputs of(ModelInferRequest message, SharedRegions regions) {
    var byName = new HashMap<String, RegionPart>();
    var outputs = new SharedOutputs(byName);
    try {
      for (var output : message.getOutputsList()) {
        var place = TensorParameters.place(output.getName(), output.getParametersMap(), regions);
        if (place != null) {
          outputs.replace(output.getName(), regions.part(place));
        }
      }
      return byName.isEmpty() ? NONE : outputs;
    } catch (Throwable failure) {
      outputs.close();
      throw failure;
    }
  }

  /** An output that is named twice is refused later. */
  private void replace(String name, RegionPart part) {
    var before = byName.put(name, part);
    if (before != null) {
      before.close();
    }
  }

  boolean isEmpty() {
    return byName.isEmpty();
  }

  /** Null where the output goes into the answer. */
  @Nullable RegionPart part(String output) {
    return byName.get(output);
  }

  @Override
  public void close() {
    byName.values().forEach(RegionPart::close);
  }
}
