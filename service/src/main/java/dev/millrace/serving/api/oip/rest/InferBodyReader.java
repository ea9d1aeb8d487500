package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.scheduling.CacheUse;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/** Takes the JSON of an infer request apart and finds the binary tensors behind it. */
final class InferBodyReader {
  /** An empty input is a few bytes of JSON, but several objects in memory. */
  private static final int MAX_TENSORS = 1_024;

  private final JsonReader json;
  private final DecodedRequest request;
  private final TensorMemory memory;
  private final InferParameters fields;
  private final List<InputReader> inputs = new ArrayList<>(2);

  private InferBodyReader(
      ByteBuf body, int jsonBytes, DecodedRequest request, TensorMemory memory) {
    this.json = new JsonReader(body.nioBuffer(body.readerIndex(), jsonBytes));
    this.request = request;
    this.memory = memory;
    this.fields = new InferParameters(json);
  }

  /**
   * Reads a body whose first bytes are JSON and whose others are binary tensors. The body stays the
   * caller's, the request holds a reference of its own where it needs one.
   *
   * @param body contiguous and direct
   */
  static DecodedRequest read(String model, ByteBuf body, int jsonBytes, TensorMemory memory) {
    var request = new DecodedRequest();
    try {
      new InferBodyReader(body, jsonBytes, request, memory).read(model, body, jsonBytes);
      return request;
    } catch (Throwable failure) {
      // Also when memory runs out: what the request owns would never be given back.
      request.close();
      throw failure;
    }
  }

  private void read(String model, ByteBuf body, int jsonBytes) {
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      readField(json.key());
    }
    json.expectEnd();
    if (inputs.isEmpty()) {
      throw JsonReader.refusal(
          "Unable to parse 'inputs': the request for model '" + model + "' has no inputs");
    }
    var binary = new BinaryTensorReader(model, body, body.readerIndex() + jsonBytes, request);
    for (var input : inputs) {
      request.add(input.tensor(model, binary));
    }
    binary.expectEnd();
  }

  private void readField(String key) {
    switch (key) {
      case "id" -> request.identify(fields.string("id"));
      case "parameters" -> readParameters();
      case "inputs" -> readInputs();
      case "outputs" -> readOutputs();
      default -> json.skipValue();
    }
  }

  private void readParameters() {
    fields.once("parameters");
    var parameters = new InferParameters(json);
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      var key = json.key();
      switch (key) {
        case "priority" -> request.prioritise((int) parameters.count(key, Integer.MAX_VALUE));
        case "timeout" -> request.limit(parameters.count(key, Long.MAX_VALUE / 4_000) * 1_000);
        case CacheUse.PARAMETER -> request.restrict(CacheUse.ofParameter(parameters.string(key)));
        case "binary_data_output" -> request.answerInBinary(parameters.bool(key));
        case "sequence_id" -> request.inSequence(parameters.sequenceId(key));
        case "sequence_start" -> request.startsSequence(parameters.bool(key));
        case "sequence_end" -> request.endsSequence(parameters.bool(key));
        default -> skipParameter(key);
      }
    }
  }

  private void skipParameter(String key) {
    if (key.startsWith("triton_")) {
      throw JsonReader.refusal(
          "parameter keys starting with 'triton_' are reserved for Triton usage and should not be"
              + " specified.");
    }
    json.skipValue();
  }

  private void readInputs() {
    fields.once("inputs");
    for (var more = json.enterArray(); more; more = json.moreElements()) {
      checkRoom("inputs", inputs.size());
      var input = new InputReader(json, memory, request);
      input.read();
      inputs.add(input);
    }
  }

  private void readOutputs() {
    fields.once("outputs");
    for (var more = json.enterArray(); more; more = json.moreElements()) {
      checkRoom("outputs", request.outputs().size());
      request.add(OutputReader.read(json, memory.regions()));
    }
  }

  private static void checkRoom(String field, int found) {
    if (found == MAX_TENSORS) {
      throw JsonReader.refusal(
          "'%s' has more than %d elements, the limit of a request; send rows as one input instead of an input for each."
              .formatted(field, MAX_TENSORS));
    }
  }
}
