package dev.millrace.serving.api.oip.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import io.grpc.Status;
import java.io.IOException;

/** What the inputs of a ModelInfer message take once they are parsed. One thread. */
final class ParsedSizes {
  /** The tag of an input. */
  static final int INPUT =
      ModelInferRequest.INPUTS_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;

  /** A parsed message is so many times its length at most. */
  static final int MOST_GROWTH = 32;

  private static final int BYTE_STRING_BYTES = 48;

  private final CodedInputStream fields;
  private final long limitBytes;
  private long bytes;

  ParsedSizes(CodedInputStream fields, long limitBytes) {
    this.fields = fields;
    this.limitBytes = limitBytes;
  }

  /**
   * Reads an input whose tag was read; throws RESOURCE_EXHAUSTED where all together are too large.
   */
  void addInput() throws IOException {
    int outer = fields.pushLimit(fields.readRawVarint32());
    for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case InferInputTensor.SHAPE_FIELD_NUMBER -> add(tag, Long.BYTES);
        case InferInputTensor.CONTENTS_FIELD_NUMBER -> addContents(tag);
        default -> fields.skipField(tag);
      }
    }
    fields.popLimit(outer);
  }

  private void addContents(int contentsTag) throws IOException {
    if (WireFormat.getTagWireType(contentsTag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      fields.skipField(contentsTag);
      return;
    }
    int outer = fields.pushLimit(fields.readRawVarint32());
    for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case InferTensorContents.BOOL_CONTENTS_FIELD_NUMBER -> add(tag, 1);
        case InferTensorContents.INT_CONTENTS_FIELD_NUMBER,
            InferTensorContents.UINT_CONTENTS_FIELD_NUMBER ->
            add(tag, Integer.BYTES);
        case InferTensorContents.INT64_CONTENTS_FIELD_NUMBER,
            InferTensorContents.UINT64_CONTENTS_FIELD_NUMBER ->
            add(tag, Long.BYTES);
        case InferTensorContents.BYTES_CONTENTS_FIELD_NUMBER -> {
          add(BYTE_STRING_BYTES);
          fields.skipField(tag);
        }
        default -> fields.skipField(tag);
      }
    }
    fields.popLimit(outer);
  }

  /** Numbers, each of which takes so many bytes in memory. */
  private void add(int tag, int elementBytes) throws IOException {
    if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      add(elementBytes);
      fields.skipField(tag);
      return;
    }
    int outer = fields.pushLimit(fields.readRawVarint32());
    while (!fields.isAtEnd()) {
      var _ = fields.readRawVarint64();
      add(elementBytes);
    }
    fields.popLimit(outer);
  }

  private void add(int more) {
    bytes += more;
    if (bytes > limitBytes) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription(
              "The inputs take more than %d bytes of memory, the limit of a request. Send fewer rows per request, or raise the limit of the message."
                  .formatted(limitBytes))
          .asRuntimeException();
    }
  }
}
