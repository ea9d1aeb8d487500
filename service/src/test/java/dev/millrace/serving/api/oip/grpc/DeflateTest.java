package dev.millrace.serving.api.oip.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DeflateTest {
  private static final byte[] MESSAGE = "a message, a message, a message".getBytes(UTF_8);

  @Test
  void readsWhatItWrote() throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new Deflate().compress(packed)) {
      out.write(MESSAGE);
    }
    assertThat(packed.size()).isLessThan(MESSAGE.length);
    try (var in = new Deflate().decompress(new ByteArrayInputStream(packed.toByteArray()))) {
      assertThat(in.readAllBytes()).isEqualTo(MESSAGE);
    }
  }

  @Test
  void isOfferedBesideGzip() {
    assertThat(Deflate.readers().getAdvertisedMessageEncodings()).contains("gzip", "deflate");
    assertThat(Deflate.writers().lookupCompressor("gzip")).isNotNull();
    assertThat(Deflate.writers().lookupCompressor("deflate")).isInstanceOf(Deflate.class);
  }
}
