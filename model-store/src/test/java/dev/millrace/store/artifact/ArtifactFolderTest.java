package dev.millrace.store.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactFolderTest extends ArtifactStorageContract {
  // Half a character: no locale can write it, as one without UTF-8 cannot write an umlaut.
  private static final ArtifactPath UNWRITABLE = new ArtifactPath("0/\uD800");
  private static final ArtifactPath FILE = new ArtifactPath("0/file");

  private final Path home;
  private final ArtifactFolder folder;
  private boolean isFull;

  ArtifactFolderTest(@TempDir Path home) throws IOException {
    this.home = home;
    this.folder = new ArtifactFolder(home, this::open);
  }

  @Override
  ArtifactStorage storage() {
    return folder;
  }

  @Test
  void aNameThatTheFileSystemCannotWriteIsAMistakeOfTheCaller() {
    assertThatThrownBy(() -> folder.list(UNWRITABLE))
        .isInstanceOf(StoreException.class)
        .hasMessage("Invalid path");
    assertThatThrownBy(() -> folder.open(UNWRITABLE)).hasMessage("Invalid path");
    assertThatThrownBy(
            () -> folder.write(UNWRITABLE, InputStream.nullInputStream(), AnnouncedDigests.NONE))
        .hasMessage("Invalid path");
    assertThatThrownBy(() -> folder.delete(UNWRITABLE)).hasMessage("Invalid path");
  }

  @Test
  void aFileThatLiesThereWithoutADigestIsServed() throws IOException {
    Files.createDirectories(home.resolve("artifacts/0"));
    Files.writeString(home.resolve("artifacts/0/file"), "older");
    try (var file = folder.open(FILE)) {
      assertThat(file.sha256()).isEmpty();
      assertThat(read(file, 0, 5)).isEqualTo("older");
    }
  }

  @Test
  void aFullDiskKeepsNothingAndIsOverWhenThereIsRoom() throws IOException {
    write(FILE, "before");
    isFull = true;
    assertThatThrownBy(() -> write(FILE, "after"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left on device");
    assertThat(home.resolve("uploads")).isEmptyDirectory();
    isFull = false;
    try (var file = folder.open(FILE)) {
      assertThat(read(file, 0, 6)).isEqualTo("before");
    }
    write(FILE, "after");
    try (var file = folder.open(FILE)) {
      assertThat(read(file, 0, 5)).isEqualTo("after");
    }
  }

  @Test
  void whatACrashLeftIsGoneAfterAStart() throws IOException {
    Files.writeString(home.resolve("uploads/upload1.part"), "half");
    Files.createDirectories(home.resolve("uploads/deleted-1/deep"));
    Files.writeString(home.resolve("uploads/deleted-1/deep/file"), "half");
    assertThat(new ArtifactFolder(home).list(new ArtifactPath(""))).isEmpty();
    assertThat(home.resolve("uploads")).isEmptyDirectory();
  }

  @Test
  void aFileThatGoesWhileItIsOpenedIsClosedAgain() throws IOException {
    write(FILE, "gone");
    var file = home.resolve("artifacts/0/file");
    var opened = new ArrayList<FileChannel>();
    assertThatThrownBy(
            () ->
                LocalFile.open(
                    file,
                    path -> {
                      opened.add(FileChannel.open(path, StandardOpenOption.READ));
                      Files.delete(path);
                      return opened.getLast();
                    }))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(file.toString());
    assertThat(opened).singleElement().matches(channel -> !channel.isOpen(), "is closed");
  }

  /** The device says of itself that it is full. */
  private FileChannel open(Path file) throws IOException {
    return isFull
        ? FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)
        : Upload.Opener.ON_DISK.open(file);
  }
}
