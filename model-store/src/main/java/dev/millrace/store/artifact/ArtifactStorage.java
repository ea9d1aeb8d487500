package dev.millrace.store.artifact;

import dev.millrace.protocol.mlflow.FileInfo;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Where artifacts lie. A file appears whole or not at all, and stays once a call has returned. */
public interface ArtifactStorage {
  /** The entries of a folder by name; none when there is no such folder. Paths are names. */
  List<FileInfo> list(ArtifactPath folder);

  /** Opens the file of a path, which must be there. */
  StoredFile open(ArtifactPath path) throws IOException;

  /**
   * Writes a file from a stream, over one that is there. Keeps nothing when the stream breaks off
   * or is not what was announced.
   */
  void write(ArtifactPath path, InputStream content, AnnouncedDigests announced) throws IOException;

  /** What lies at a path and below it; nothing when there is none. */
  Usage usage(ArtifactPath path) throws IOException;

  /** Deletes a file or a folder with all that is in it, if it is there, and tells what that was. */
  Usage delete(ArtifactPath path) throws IOException;
}
