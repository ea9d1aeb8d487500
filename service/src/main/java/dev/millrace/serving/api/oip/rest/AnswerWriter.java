package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.json.JsonWriter;
import dev.millrace.serving.api.sharedmemory.RegionPart;
import dev.millrace.serving.api.sharedmemory.SharedPlace;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;

/**
 * Prints answers, one at a time, JSON first and binary tensors behind it; outputs that are wanted
 * in shared memory are there once it is done. Not thread-safe.
 */
final class AnswerWriter {
  private static final int FRAME_BYTES = 256;
  private static final int TYPICAL_NUMBER_BYTES = 13;

  private final JsonWriter json = new JsonWriter(Unpooled.EMPTY_BUFFER);

  /** The body, which is the caller's; throws when JSON cannot carry an output. */
  EncodedAnswer write(InferenceAnswer answer, DecodedRequest request, ByteBufAllocator allocator) {
    var body = allocator.directBuffer(expectedBytes(answer, request));
    boolean written = false;
    try {
      json.restart(body);
      writeJson(answer, request);
      int jsonBytes = body.readableBytes();
      writeBinary(answer, request, body);
      written = true;
      return new EncodedAnswer(body, jsonBytes);
    } finally {
      if (!written) {
        body.release();
      }
    }
  }

  private void writeJson(InferenceAnswer answer, DecodedRequest request) {
    json.raw("{\"model_name\":");
    json.string(answer.model());
    json.raw(",\"model_version\":");
    json.string(answer.version());
    var id = request.id();
    if (id != null) {
      json.raw(",\"id\":");
      json.string(id);
    }
    json.raw(",\"outputs\":[");
    var outputs = answer.outputs();
    for (int i = 0; i < outputs.size(); i++) {
      json.raw(i == 0 ? "{\"name\":" : ",{\"name\":");
      writeOutput(outputs.get(i), request);
    }
    json.raw("]}");
    json.flush();
  }

  private void writeOutput(Tensor output, DecodedRequest request) {
    json.string(output.name());
    json.raw(",\"datatype\":\"");
    json.raw(output.type().name());
    json.raw("\",\"shape\":[");
    writeShape(output.shape());
    var part = request.part(output.name());
    if (part != null) {
      part.write(output.name(), output.data());
      json.raw("],");
      writePlace(part, output.data().remaining());
    } else if (request.wantsBinary(output.name())) {
      json.raw("],\"parameters\":{\"binary_data_size\":");
      json.number((long) output.data().remaining());
      json.raw("}}");
    } else {
      json.raw("],\"data\":");
      JsonTensorWriter.write(json, output);
      json.raw('}');
    }
  }

  private void writePlace(RegionPart part, int sizeBytes) {
    json.raw("\"parameters\":{\"" + SharedPlace.REGION + "\":");
    json.string(part.place().region());
    json.raw(",\"" + SharedPlace.BYTE_SIZE + "\":");
    json.number((long) sizeBytes);
    if (part.place().offset() != 0) {
      json.raw(",\"" + SharedPlace.OFFSET + "\":");
      json.number(part.place().offset());
    }
    json.raw("}}");
  }

  private void writeShape(Shape shape) {
    for (int i = 0; i < shape.rank(); i++) {
      if (i > 0) {
        json.raw(',');
      }
      json.number(shape.dimension(i));
    }
  }

  private static void writeBinary(InferenceAnswer answer, DecodedRequest request, ByteBuf body) {
    for (var output : answer.outputs()) {
      if (request.part(output.name()) == null && request.wantsBinary(output.name())) {
        body.writeBytes(output.data().duplicate());
      }
    }
  }

  private static int expectedBytes(InferenceAnswer answer, DecodedRequest request) {
    long bytes = FRAME_BYTES;
    for (var output : answer.outputs()) {
      bytes += FRAME_BYTES;
      if (request.part(output.name()) == null) {
        bytes += expectedBytes(output, request.wantsBinary(output.name()));
      }
    }
    return (int) Math.min(bytes, Integer.MAX_VALUE);
  }

  private static long expectedBytes(Tensor output, boolean binary) {
    long size = output.data().remaining();
    return binary || output.type() == DataType.BYTES
        ? size
        : size / output.type().sizeBytes() * TYPICAL_NUMBER_BYTES;
  }
}
