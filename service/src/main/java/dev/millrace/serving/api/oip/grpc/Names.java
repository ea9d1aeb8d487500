package dev.millrace.serving.api.oip.grpc;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The names that messages repeat: of models, versions, tensors, datatypes. One that was seen lately
 * is found by its bytes and not made again. Thread-safe without a lock: each place holds any one of
 * the names that belong there, and a string seen by another thread is whole.
 */
final class Names {
  private static final int LONGEST = 64;
  private static final int PLACES = 256;

  private final @Nullable String[] places = new @Nullable String[PLACES];

  /** The name in the next bytes, which are not consumed; null where it is not known. */
  @Nullable String find(ByteBuffer bytes, int length) {
    if (length == 0) {
      return "";
    }
    if (length > LONGEST || length > bytes.remaining()) {
      return null;
    }
    int start = bytes.position();
    int hash = 0;
    for (int i = 0; i < length; i++) {
      hash = 31 * hash + bytes.get(start + i);
    }
    var candidate = places[place(hash)];
    return candidate != null && isSame(candidate, bytes, start, length) ? candidate : null;
  }

  /** The same name, whose characters are below 128, to be found from now on. */
  String keep(String name) {
    if (name.length() <= LONGEST) {
      // The hash of such a string is the one above.
      places[place(name.hashCode())] = name;
    }
    return name;
  }

  private static int place(int hash) {
    return (hash ^ hash >>> 16) & (PLACES - 1);
  }

  private static boolean isSame(String name, ByteBuffer bytes, int start, int length) {
    if (name.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (name.charAt(i) != bytes.get(start + i)) {
        return false;
      }
    }
    return true;
  }
}
