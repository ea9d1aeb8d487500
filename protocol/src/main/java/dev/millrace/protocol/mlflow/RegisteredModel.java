package dev.millrace.protocol.mlflow;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A name in the registry.
 *
 * @param latestVersions the newest version of each stage
 */
public record RegisteredModel(
    String name,
    long creationTimestamp,
    long lastUpdatedTimestamp,
    @Nullable String description,
    List<ModelVersion> latestVersions,
    List<Tag> tags,
    List<Alias> aliases) {
  /** Copies the lists; refuses an answer without a name. */
  public RegisteredModel {
    Objects.requireNonNull(name, "name");
    latestVersions = List.copyOf(latestVersions);
    tags = List.copyOf(tags);
    aliases = List.copyOf(aliases);
  }

  /** The version that an alias points to. */
  public Optional<String> versionByAlias(String alias) {
    return aliases.stream()
        .filter(candidate -> candidate.alias().equals(alias))
        .map(Alias::version)
        .findFirst();
  }
}
