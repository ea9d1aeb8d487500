package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NamesTest {
  private final Names names = new Names();

  @Test
  void findsANameAgainByItsBytes() {
    assertThat(find("image")).isNull();
    var kept = names.keep("image");
    assertThat(kept).isEqualTo("image");
    assertThat(find("image")).isSameAs(kept);
    assertThat(find("imagf")).isNull();
    assertThat(find("")).isEmpty();
  }

  @Test
  void twoNamesOfOnePlaceTakeTurns() {
    // The hashes of these two are the same.
    names.keep("Aa");
    assertThat(find("BB")).isNull();
    names.keep("BB");
    assertThat(find("BB")).isEqualTo("BB");
    assertThat(find("Aa")).isNull();
  }

  @Test
  void doesNotKeepLongNames() {
    var longName = "n".repeat(65);
    assertThat(names.keep(longName)).isEqualTo(longName);
    assertThat(find(longName)).isNull();
  }

  @Test
  void doesNotLookBeyondTheBytesThereAre() {
    names.keep("ab");
    assertThat(names.find(ByteBuffer.wrap(bytes("a")), 2)).isNull();
  }

  private @Nullable String find(String name) {
    return names.find(ByteBuffer.wrap(bytes(name)), name.length());
  }

  private static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.US_ASCII);
  }
}
