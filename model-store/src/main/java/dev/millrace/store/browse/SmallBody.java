package dev.millrace.store.browse;

import dev.millrace.store.failure.StoreException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A body that is refused once more came of it than MLflow lets a web page write. It goes by without
 * being kept: many at a time do not fill the heap.
 */
final class SmallBody extends FilterInputStream {
  private static final int MAX_BYTES = 10 << 20;

  private int count;

  SmallBody(InputStream body) {
    super(body);
  }

  @Override
  public int read() throws IOException {
    var next = super.read();
    if (next >= 0) {
      count(1);
    }
    return next;
  }

  @Override
  public int read(byte[] bytes, int from, int most) throws IOException {
    var read = super.read(bytes, from, most);
    count(Math.max(read, 0));
    return read;
  }

  private void count(int more) {
    count += more;
    if (count > MAX_BYTES) {
      throw StoreException.invalid(
          "Artifact size is too large. Max size is 10MB. Larger files go to PUT"
              + " /api/2.0/mlflow-artifacts/artifacts.");
    }
  }
}
