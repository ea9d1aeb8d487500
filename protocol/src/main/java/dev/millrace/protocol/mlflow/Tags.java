package dev.millrace.protocol.mlflow;

import java.util.List;
import java.util.Optional;

/** Looks a tag up by its key. */
final class Tags {
  private Tags() {}

  static Optional<String> value(List<Tag> tags, String key) {
    return tags.stream().filter(tag -> tag.key().equals(key)).map(Tag::value).findFirst();
  }
}
