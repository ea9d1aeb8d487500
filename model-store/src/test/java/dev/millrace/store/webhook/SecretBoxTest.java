package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretBoxTest {
  // As Fernet of Python writes keys.
  private static final String KEY = "-_-_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

  @TempDir private Path folder;

  @Test
  void opensWhatItSealed() {
    var box = box("");
    var sealed = box.seal("w", "sésame");
    assertThat(sealed).doesNotContain("same");
    assertThat(box.open("w", sealed)).contains("sésame");
    assertThat(box.seal("w", "sésame")).isNotEqualTo(sealed);
    assertThat(box("").open("w", sealed)).contains("sésame");
  }

  @Test
  void doesNotOpenWhatWasSealedOtherwise() {
    var box = box("");
    var sealed = box.seal("w", "s");
    assertThat(box.open("other", sealed)).isEmpty();
    assertThat(box(KEY).open("w", sealed)).isEmpty();
    assertThat(box.open("w", "gAAAAAB")).isEmpty();
    assertThat(box.open("w", "1:AAAA")).isEmpty();
  }

  @Test
  void makesItsKeyWithTheFirstSecretAndOnlyForItsOwner() throws IOException {
    var box = box("");
    assertThat(folder).isEmptyDirectory();
    box.seal("w", "s");
    var file = folder.resolve("webhook.key");
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    assertThat(Base64.getDecoder().decode(Files.readString(file))).hasSize(32);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void takesAKeyThatIsSet() {
    assertThat(box(KEY).open("w", box(KEY).seal("w", "s"))).contains("s");
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"short", "AAAA", "not base64 !"})
  void refusesAKeyThatIsNone(String key) throws IOException {
    assertThatThrownBy(() -> box(key))
        .hasMessageStartingWith("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY must be 32 bytes in base64.")
        .hasMessageNotContaining(key);
    Files.writeString(folder.resolve("webhook.key"), key);
    assertThatThrownBy(() -> box("").seal("w", "s")).hasMessageContaining("holds no key");
  }

  private SecretBox box(String setting) {
    return new SecretBox(SecretKey.of(setting, folder.resolve("webhook.key")));
  }
}
