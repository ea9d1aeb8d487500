package dev.millrace.serving.api.oip.grpc;

import java.nio.ByteBuffer;

/** Writes one protobuf message whose size is known. Tags are fields 1 to 15, one byte each. */
final class WireWriter {
  private final byte[] message;
  private int at;

  WireWriter(int sizeBytes) {
    message = new byte[sizeBytes];
  }

  /** The bytes of a field with so many bytes of content. */
  static int fieldBytes(int contentBytes) {
    return Math.addExact(contentBytes, 1 + varintBytes(contentBytes));
  }

  static int varintBytes(long value) {
    // Seven bits a byte, and one byte for zero.
    return (Long.SIZE + 6 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }

  static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      message[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    message[at++] = (byte) rest;
  }

  /** What stands before the content of a field. */
  void head(int tag, int contentBytes) {
    message[at++] = (byte) tag;
    varint(contentBytes);
  }

  /** A string of characters below 128; nothing where it is empty. */
  void text(int tag, String ascii) {
    if (ascii.isEmpty()) {
      return;
    }
    head(tag, ascii.length());
    for (int i = 0; i < ascii.length(); i++) {
      message[at++] = (byte) ascii.charAt(i);
    }
  }

  /** Copies what lies between position and limit, and leaves both alone. */
  void bytes(int tag, ByteBuffer content) {
    int length = content.remaining();
    head(tag, length);
    content.get(content.position(), message, at, length);
    at += length;
  }

  /** Copies fields as they are. */
  void raw(byte[] fields) {
    System.arraycopy(fields, 0, message, at, fields.length);
    at += fields.length;
  }

  EncodedMessage finished() {
    return new EncodedMessage(message);
  }
}
