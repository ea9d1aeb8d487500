package dev.millrace.serving.lifecycle;

import dev.millrace.serving.scheduling.ScheduledRequest;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The SHA-256 of what a version is asked. Names and types are not in it: they are those of the
 * signature, in its order.
 */
record ResponseKey(long first, long second, long third, long fourth) {
  static ResponseKey of(ScheduledRequest request) {
    var digest = sha256();
    for (var input : request.inputs()) {
      digest.update(head(input));
      digest.update(input.data().duplicate());
    }
    digest.update(wanted(request));
    var hash = ByteBuffer.wrap(digest.digest());
    return new ResponseKey(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
  }

  /** Shape and length, so that no two lists of tensors are the same bytes. */
  private static ByteBuffer head(Tensor input) {
    var shape = input.shape();
    var head = ByteBuffer.allocate((shape.rank() + 2) * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(shape.rank());
    for (int i = 0; i < shape.rank(); i++) {
      head.putLong(shape.dimension(i));
    }
    return head.putLong(input.data().remaining()).flip();
  }

  private static ByteBuffer wanted(ScheduledRequest request) {
    var indexes = request.outputIndexes();
    var wanted = ByteBuffer.allocate(indexes.size() * Integer.BYTES);
    for (int index : indexes) {
      wanted.putInt(index);
    }
    return wanted.flip();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
