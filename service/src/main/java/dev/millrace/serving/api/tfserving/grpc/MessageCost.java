package dev.millrace.serving.api.tfserving.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.millrace.serving.api.edge.grpc.UnreadableMessages;
import io.grpc.KnownLength;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Refuses a message that takes far more memory than bytes on the wire, before it is parsed: a
 * dimension is two bytes but an object, and a small number is one byte but eight in memory.
 *
 * @param type of the message; not of itself in any depth
 * @param maxParsedBytes of the message once it is parsed
 */
record MessageCost(Descriptor type, long maxParsedBytes) {
  /** A parsed message is so many times its length at most. */
  private static final int MOST_GROWTH = 32;

  private static final int OBJECT_BYTES = 64;
  private static final int BYTE_STRING_BYTES = 48;
  private static final int STEP_BYTES = 512;

  /** The message from its beginning; throws StatusRuntimeException where it is beyond the limit. */
  InputStream checked(InputStream message) {
    try {
      if (message instanceof KnownLength && isCheap(message)) {
        return message;
      }
      var whole =
          message.markSupported() ? message : new ByteArrayInputStream(message.readAllBytes());
      if (!isCheap(whole)) {
        whole.mark(Integer.MAX_VALUE);
        new Walk(CodedInputStream.newInstance(whole, STEP_BYTES), maxParsedBytes).message(type);
        whole.reset();
      }
      return whole;
    } catch (IOException e) {
      throw UnreadableMessages.status(e).withCause(e).asRuntimeException();
    }
  }

  private boolean isCheap(InputStream message) throws IOException {
    return message.available() <= maxParsedBytes / MOST_GROWTH;
  }

  /** One message, by one thread. */
  private static final class Walk {
    private final CodedInputStream fields;
    private final long limitBytes;
    private long bytes;

    Walk(CodedInputStream fields, long limitBytes) {
      this.fields = fields;
      this.limitBytes = limitBytes;
    }

    void message(Descriptor type) throws IOException {
      try {
        contents(type);
      } catch (InvalidProtocolBufferException _) {
        // The parser stops at the same place and says what is wrong.
      }
    }

    private void contents(Descriptor type) throws IOException {
      for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
        var field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
        if (field == null) {
          add(OBJECT_BYTES);
          fields.skipField(tag);
        } else if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
          delimited(field);
        } else {
          add(Long.BYTES);
          fields.skipField(tag);
        }
      }
    }

    private void delimited(FieldDescriptor field) throws IOException {
      int length = fields.readRawVarint32();
      if (field.isPackable()) {
        packed(field, length);
      } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        add(OBJECT_BYTES);
        int outer = fields.pushLimit(length);
        contents(field.getMessageType());
        fields.popLimit(outer);
      } else {
        add(BYTE_STRING_BYTES);
        fields.skipRawBytes(length);
      }
    }

    private void packed(FieldDescriptor field, int length) throws IOException {
      int elementBytes = elementBytes(field);
      if (elementBytes == 0) {
        add(length);
        fields.skipRawBytes(length);
        return;
      }
      int outer = fields.pushLimit(length);
      while (!fields.isAtEnd()) {
        var _ = fields.readRawVarint64();
        add(elementBytes);
      }
      fields.popLimit(outer);
    }

    /** In memory; 0 where an element takes as much on the wire. */
    private static int elementBytes(FieldDescriptor field) {
      return switch (field.getJavaType()) {
        case INT, ENUM -> Integer.BYTES;
        case LONG -> Long.BYTES;
        case BOOLEAN -> 1;
        case FLOAT, DOUBLE, STRING, BYTE_STRING, MESSAGE -> 0;
      };
    }

    private void add(long more) {
      bytes += more;
      if (bytes > limitBytes) {
        throw Status.RESOURCE_EXHAUSTED
            .withDescription(
                "The message takes more than %d bytes of memory, the limit of a request. Send fewer rows per request, or raise the limit of the message."
                    .formatted(limitBytes))
            .asRuntimeException();
      }
    }
  }
}
