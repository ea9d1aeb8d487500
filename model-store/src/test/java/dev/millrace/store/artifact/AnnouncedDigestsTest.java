package dev.millrace.store.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.failure.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnnouncedDigestsTest {
  private static final String SHA256 = "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha-256=:" + SHA256 + ":",
        " sha-256=:" + SHA256 + ": , md5=:AAAA:",
        "unixsum=:AAAA:, sha-256=:" + SHA256 + ":;q=1",
        "sha-512=:MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw==:"
      })
  void takesWhatIsAsAnnounced(String field) {
    assertThatCode(() -> check(field, null)).doesNotThrowAnyException();
  }

  @Test
  void checksTheMd5OfTheContent() {
    assertThatCode(() -> check("", "XrY7u+Ae7tCTyyK7j1rNww==")).doesNotThrowAnyException();
    assertThatThrownBy(() -> check("", "AAAA"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("MD5 digest XrY7u+Ae7tCTyyK7j1rNww==, but AAAA was announced");
  }

  @Test
  void refusesOneWrongAmongRightOnes() {
    assertThatThrownBy(() -> check("sha-256=:" + SHA256 + ":, sha-512=:AAAA:", null))
        .hasMessageStartingWith("The content has the SHA-512 digest MJ7M");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha-256=" + SHA256, "sha-256", "sha-256=:!:", "=:AAAA:"})
  void refusesWhatCannotBeRead(String field) {
    assertThatThrownBy(() -> check(field, null)).hasMessageContaining("as RFC 9530 has it");
  }

  @Test
  void hashesWhatPassesBy() {
    assertThat(AnnouncedDigests.NONE.start().check()).startsWith(0xe3, 0xb0, 0xc4, 0x42);
  }

  private static void check(String field, @Nullable String md5) {
    var fields = field.isEmpty() ? List.<String>of() : List.of(field);
    var hashes = AnnouncedDigests.of(fields, md5).start();
    var content = "hello world".getBytes(StandardCharsets.UTF_8);
    hashes.update(content, content.length);
    hashes.check();
  }
}
