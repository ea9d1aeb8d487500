package dev.millrace.loadtest.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.process.Processors;
import dev.millrace.loadtest.system.MillraceSystem.Part;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand requests, each wrong in its way: all are refused, and none leaves memory behind. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileFloodIT {
  private static final int REQUESTS = 10_000;

  /** Until code is compiled and pools are filled. */
  private static final int FIRST = 2_000;

  /** Of each 20 KB are sent: what kept a quarter of them would be above. */
  private static final long FLAT_BYTES = 48 << 20;

  private static final String NUMBERS = String.join(",", Collections.nCopies(5_000, "0.5"));

  private final MillraceSystem system;
  private final Path models;

  HostileFloodIT(@TempDir Path folder) throws IOException {
    models = folder.resolve("models");
    system = new MillraceSystem(Files.createDirectories(folder.resolve("home")));
  }

  @BeforeAll
  void serveTheTinyModel() throws IOException {
    FixtureModel.MLP.writeInto(models);
    system.with("MILLRACE_MODELS", models.toString()).start(Part.SERVICE);
    system.awaitModel("mlp");
  }

  @AfterAll
  void stop() {
    system.close();
  }

  @Test
  void leavesNoMemoryBehind() throws IOException {
    var requests = requests();
    send(requests, FIRST);
    long before = Processors.residentBytes(system.process(Part.SERVICE).pid());
    send(requests, REQUESTS);
    long after = Processors.residentBytes(system.process(Part.SERVICE).pid());
    assertThat(after - before).isLessThan(FLAT_BYTES);
  }

  private void send(List<byte[]> requests, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      int kind = i % requests.size();
      try (var connection = new RawConnection(system.url(Part.SERVICE))) {
        int status = connection.send(requests.get(kind)).read().status();
        assertThat(status).as("kind %d", kind).isBetween(400, 499);
      }
    }
  }

  private static List<byte[]> requests() throws IOException {
    var wrongCount =
        "{\"name\":\"image\",\"datatype\":\"FP32\",\"shape\":[1,1,28,28],\"data\":[%s]}"
            .formatted(NUMBERS);
    return List.of(
        json("{\"inputs\":[%s]}".formatted(wrongCount)),
        json("{\"inputs\":[%s,%s]}".formatted(wrongCount, wrongCount)),
        json("{\"inputs\":[%s]}{}".formatted(wrongCount)),
        json("{\"inputs\":[%s".formatted(wrongCount)),
        json("{\"inputs\":[{\"name\":\"%s\"}]}".formatted("n".repeat(20_000))),
        json("{\"id\":\"%s\"}".formatted("😀".repeat(5_000))),
        json("[".repeat(20_000)),
        json(
            "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"FP32\",\"shape\":[%s],\"data\":[1]}]}"
                .formatted("9,".repeat(10_000) + "9")),
        json(
            "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"FP32\",\"shape\":[%s],\"data\":[1]}]}"
                .formatted(String.join(",", Collections.nCopies(4, Long.toString(1L << 40))))),
        binary("Inference-Header-Content-Length: 99999999", " ".repeat(20_000).getBytes(UTF_8)),
        binary("Inference-Header-Content-Length: -1", " ".repeat(20_000).getBytes(UTF_8)),
        binary("Inference-Header-Content-Length: 0", new byte[20_000]),
        binary("Content-Encoding: gzip", new byte[20_000]),
        binary("Content-Encoding: gzip", gzip(new byte[1 << 20])),
        chunked());
  }

  private static byte[] json(String body) {
    return binary("X: y", body.getBytes(UTF_8));
  }

  private static byte[] binary(String header, byte[] body) {
    var head =
        "POST /v2/models/mlp/infer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n\r\n"
            .formatted(body.length, header);
    return joined(head.getBytes(UTF_8), body);
  }

  /** Many chunks of one byte. */
  private static byte[] chunked() {
    var head =
        "POST /v2/models/mlp/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    return (head + "1\r\n \r\n".repeat(4_000) + "0\r\n\r\n").getBytes(UTF_8);
  }

  private static byte[] joined(byte[] head, byte[] body) {
    var all = new byte[head.length + body.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(body, 0, all, head.length, body.length);
    return all;
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var zipped = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(zipped)) {
      out.write(bytes);
    }
    return zipped.toByteArray();
  }
}
