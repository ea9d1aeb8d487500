package dev.millrace.store.registry;

import org.springframework.stereotype.Component;

/** Tells others where the files of versions lie. */
@Component
public final class VersionFiles {
  private final Versions versions;

  VersionFiles(Versions versions) {
    this.versions = versions;
  }

  /** The location of a version's files. */
  public String location(String name, String version) {
    return versions.downloadUri(VersionId.of(name, version));
  }
}
