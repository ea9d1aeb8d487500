package dev.millrace.store.artifact;

/** How much lies somewhere. */
public record Usage(long files, long bytes) {
  /** Nothing. */
  public static final Usage NONE = new Usage(0, 0);

  /** Both together. */
  public Usage plus(Usage other) {
    return new Usage(files + other.files, bytes + other.bytes);
  }
}
