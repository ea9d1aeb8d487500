package dev.millrace.store.artifact;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactFolderTest {
  // Half a character: no locale can write it, as one without UTF-8 cannot write an umlaut.
  private static final ArtifactPath UNWRITABLE = new ArtifactPath("0/\uD800");

  private final ArtifactFolder folder;

  ArtifactFolderTest(@TempDir Path home) throws IOException {
    folder = new ArtifactFolder(home);
  }

  @Test
  void aNameThatTheFileSystemCannotWriteIsAMistakeOfTheCaller() {
    assertThatThrownBy(() -> folder.list(UNWRITABLE))
        .isInstanceOf(StoreException.class)
        .hasMessage("Invalid path");
    assertThatThrownBy(() -> folder.file(UNWRITABLE)).hasMessage("Invalid path");
    assertThatThrownBy(() -> folder.write(UNWRITABLE, InputStream.nullInputStream()))
        .hasMessage("Invalid path");
    assertThatThrownBy(() -> folder.delete(UNWRITABLE)).hasMessage("Invalid path");
  }
}
