package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file far larger than the heap goes up and comes down. */
class LargeFileIT {
  private static final long BYTES = 1L << 30;

  @TempDir private Path home;

  @Test
  void aGigabyteGoesThroughAHeapOf128Megabytes() throws Exception {
    var store = StoreProcess.start(home, "-Xmx128m", "-XX:+ExitOnOutOfMemoryError");
    try (var http = HttpClient.newHttpClient()) {
      var uri = store.uri().resolve("/api/2.0/mlflow-artifacts/artifacts/0/large");
      var up =
          HttpRequest.newBuilder(uri)
              .PUT(BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(Zeros::new), BYTES))
              .build();
      assertThat(http.send(up, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      var down = http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofInputStream());
      try (var body = down.body()) {
        assertThat(count(body)).isEqualTo(BYTES);
      }
      assertThat(down.headers().firstValue("repr-digest")).isPresent();
    } finally {
      store.kill();
    }
  }

  private static long count(InputStream body) throws java.io.IOException {
    var buffer = new byte[1 << 16];
    var total = 0L;
    for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
      total += read;
    }
    return total;
  }

  /** A gigabyte of nothing. */
  private static final class Zeros extends InputStream {
    private long left = BYTES;

    @Override
    public int read() {
      return left-- > 0 ? 0 : -1;
    }

    @Override
    public int read(byte[] bytes, int from, int most) {
      if (left <= 0) {
        return -1;
      }
      var count = (int) Math.min(most, left);
      left -= count;
      return count;
    }
  }
}
