package dev.millrace.serving.api.oip.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;

/** A message as its bytes, which gRPC takes in one piece. */
final class EncodedMessage extends ByteArrayInputStream implements Drainable, KnownLength {
  EncodedMessage(byte[] message) {
    super(message);
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    int length = count - pos;
    target.write(buf, pos, length);
    pos = count;
    return length;
  }
}
