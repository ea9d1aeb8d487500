package dev.millrace.store.registry;

import dev.millrace.store.failure.StoreException;
import java.util.regex.Pattern;

/** Names one version. */
record VersionId(String name, long version) {
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  /** The id of a version that is written as text. */
  static VersionId of(String name, String version) {
    if (!NUMBER.matcher(version).matches()) {
      throw StoreException.invalid(
          "Parameter 'version' must be an integer, got '%s'.".formatted(version));
    }
    return new VersionId(name, Long.parseLong(version));
  }

  StoreException none() {
    return StoreException.missing(
        "Model Version (name=%s, version=%s) not found".formatted(name, version));
  }
}
