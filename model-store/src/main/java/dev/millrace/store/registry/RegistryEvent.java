package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.Tag;
import java.util.List;
import java.util.Locale;

/** What has happened to a registered model or to one of its versions. */
public sealed interface RegistryEvent {
  /** What a registered model is used as. */
  enum Kind {
    /** A name of packaged models. */
    MODEL,
    /** A name of prompts, which MLflow keeps as registered models with a tag. */
    PROMPT;

    static Kind of(List<Tag> tags) {
      return tags.stream()
          .filter(tag -> tag.key().equals(Prompts.TAG))
          .reduce((_, last) -> last)
          .map(tag -> ofTag(tag.value()))
          .orElse(MODEL);
    }

    static Kind ofTag(String value) {
      return value.toLowerCase(Locale.ROOT).equals("true") ? PROMPT : MODEL;
    }
  }

  /** What the model is used as. */
  Kind kind();

  /** A new model. */
  record ModelCreated(Kind kind, String name, String description, List<Tag> tags)
      implements RegistryEvent {
    /** Copies the tags. */
    public ModelCreated {
      tags = List.copyOf(tags);
    }
  }

  /** A tag of a model was set. */
  record ModelTagSet(Kind kind, String name, Tag tag) implements RegistryEvent {}

  /** A tag of a model was deleted. */
  record ModelTagDeleted(Kind kind, String name, String key) implements RegistryEvent {}

  /** A new version. */
  record VersionCreated(Kind kind, ModelVersion version) implements RegistryEvent {}

  /** A tag of a version was set. */
  record VersionTagSet(Kind kind, String name, String version, Tag tag) implements RegistryEvent {}

  /** A tag of a version was deleted. */
  record VersionTagDeleted(Kind kind, String name, String version, String key)
      implements RegistryEvent {}

  /** An alias points to a version, whether it is new or did so to another before. */
  record AliasSet(Kind kind, String name, String alias, String version) implements RegistryEvent {}

  /** An alias points nowhere any more. */
  record AliasDeleted(Kind kind, String name, String alias) implements RegistryEvent {}
}
