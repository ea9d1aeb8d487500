package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.MlflowJson;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files far larger than the heap, by themselves or together, go up and come down. */
class LargeFileIT {
  private static final long BYTES = 1L << 30;
  private static final int BROWSERS = 25;
  private static final byte[] OF_A_BROWSER = new byte[10 << 20];
  private static final int LIMIT_MILLIS = 60_000;
  private static final String[] SMALL_HEAP = {"-Xmx128m", "-XX:+ExitOnOutOfMemoryError"};

  @TempDir private Path home;

  @Test
  void aGigabyteGoesThroughAHeapOf128Megabytes() throws Exception {
    var store = StoreProcess.start(home, SMALL_HEAP);
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

  @Test
  void filesOfManyBrowsersAtOnceGoThroughIt() throws Exception {
    var store = StoreProcess.start(home, SMALL_HEAP);
    var sockets = new ArrayList<Socket>();
    try {
      var route =
          "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=" + run(store.uri()) + "&path=file";
      for (int i = 0; i < BROWSERS; i++) {
        var socket = new Socket(store.uri().getHost(), store.uri().getPort());
        sockets.add(socket);
        socket.setSoTimeout(LIMIT_MILLIS);
        var head =
            "POST %s%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %s\r\n\r\n"
                .formatted(route, i, OF_A_BROWSER.length);
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        // All but a byte: none of them can end before all of them are there.
        socket.getOutputStream().write(OF_A_BROWSER, 1, OF_A_BROWSER.length - 1);
      }
      for (Socket socket : sockets) {
        socket.getOutputStream().write(OF_A_BROWSER, 0, 1);
        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
            .startsWith("HTTP/1.1 200");
      }
    } finally {
      store.kill();
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private static String run(URI store) throws Exception {
    var request =
        HttpRequest.newBuilder(store.resolve("/api/2.0/mlflow/runs/create"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{\"experiment_id\":\"0\"}"))
            .build();
    try (var http = HttpClient.newHttpClient()) {
      var created = http.send(request, BodyHandlers.ofString()).body();
      return RunningStore.text(MlflowJson.mapper().readTree(created), "/run/info/run_id");
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
