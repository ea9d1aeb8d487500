package dev.millrace.store.artifact;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Optional;

/** A file that was opened: one state of it, whatever happens to its path meanwhile. */
public interface StoredFile extends AutoCloseable {
  /** Its length. */
  long sizeBytes();

  /** When it was written. */
  Instant modified();

  /** Differs between any two states of a path; without quotes. */
  String tag();

  /** The SHA-256 of its content; empty for a file that was not written through the store. */
  Optional<byte[]> sha256();

  /** Copies a part of it. */
  void copyTo(OutputStream target, long from, long count) throws IOException;

  @Override
  void close() throws IOException;
}
