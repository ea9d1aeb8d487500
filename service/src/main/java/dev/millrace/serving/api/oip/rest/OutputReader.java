package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.sharedmemory.SharedRegions;
import org.jspecify.annotations.Nullable;

/** Reads one element of {@code outputs}. */
final class OutputReader {
  private final JsonReader json;
  private final InferParameters fields;
  private final SharedRegions regions;
  private final RegionParameters region;
  private @Nullable String name;
  private RequestedOutput.Form form = RequestedOutput.Form.UNSAID;
  private int classes;

  private OutputReader(JsonReader json, SharedRegions regions) {
    this.json = json;
    this.fields = new InferParameters(json);
    this.regions = regions;
    this.region =
        new RegionParameters(
            regions, "Shared memory is off here; ask for the output as binary data.");
  }

  /** The output, which holds its region open from now on. */
  static RequestedOutput read(JsonReader json, SharedRegions regions) {
    return new OutputReader(json, regions).read();
  }

  private RequestedOutput read() {
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      var key = json.key();
      switch (key) {
        case "name" -> name = fields.string(key);
        case "parameters" -> readParameters();
        default -> json.skipValue();
      }
    }
    if (name == null) {
      throw JsonReader.refusal("Unable to parse 'name': an element of 'outputs' has none");
    }
    var place = region.place(name);
    return new RequestedOutput(name, form, classes, place == null ? null : regions.part(place));
  }

  private void readParameters() {
    fields.once("parameters");
    var parameters = new InferParameters(json);
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      var key = json.key();
      switch (key) {
        case "binary_data" -> form = RequestedOutput.Form.of(parameters.bool(key));
        case "classification" -> classes = (int) parameters.count(key, Integer.MAX_VALUE);
        default -> {
          if (!region.read(key, parameters)) {
            json.skipValue();
          }
        }
      }
    }
  }
}
