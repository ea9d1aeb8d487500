package dev.millrace.serving.lifecycle;

import java.io.IOException;

/**
 * A version that is to be served.
 *
 * @param identity stands for the content, such as a digest: a version that is served with the same
 *     identity is not loaded again
 */
public record Candidate(String model, String version, String identity, Files files) {
  /** Whether it is the same content under the same number. */
  boolean isSame(Candidate other) {
    return version.equals(other.version) && identity.equals(other.identity);
  }

  /** Brings the files of a version to this machine, checked. */
  @FunctionalInterface
  public interface Files {
    /**
     * Blocks until they are here. What it throws becomes the reason of the failed load, so the
     * message names the file, what was expected and what was found.
     */
    ServablePackage fetch() throws IOException;
  }
}
