package dev.millrace.store.webhook;

import static dev.millrace.store.registry.RegistryEvent.Kind.PROMPT;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.registry.RegistryEvent;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Makes MLflow's messages of what happens in the registry. */
final class Payloads {
  private static final String PROMPT_TEXT = "mlflow.prompt.text";
  private static final Set<String> PROMPT_MARKS =
      Set.of("mlflow.prompt.is_prompt", "_mlflow_prompt_type");

  private Payloads() {}

  /**
   * The message of an event, or nothing where MLflow has none: tags of models that are no prompts.
   */
  static Optional<Message> of(RegistryEvent event) {
    var prompt = event.kind() == PROMPT;
    return switch (event) {
      case RegistryEvent.ModelCreated created ->
          message(
              prompt ? EventType.PROMPT_CREATED : EventType.REGISTERED_MODEL_CREATED,
              model(created, prompt));
      case RegistryEvent.ModelTagSet(_, var name, var tag) when prompt ->
          message(EventType.PROMPT_TAG_SET, tagged(named(name), tag));
      case RegistryEvent.ModelTagDeleted(_, var name, var key) when prompt ->
          message(EventType.PROMPT_TAG_DELETED, named(name).put("key", key));
      case RegistryEvent.ModelTagSet _, RegistryEvent.ModelTagDeleted _ -> Optional.empty();
      case RegistryEvent.VersionCreated(_, var version) ->
          prompt
              ? message(EventType.PROMPT_VERSION_CREATED, promptVersion(version))
              : message(EventType.MODEL_VERSION_CREATED, modelVersion(version));
      case RegistryEvent.VersionTagSet(_, var name, var version, var tag) ->
          message(
              prompt ? EventType.PROMPT_VERSION_TAG_SET : EventType.MODEL_VERSION_TAG_SET,
              tagged(named(name).put("version", version), tag));
      case RegistryEvent.VersionTagDeleted(_, var name, var version, var key) ->
          message(
              prompt ? EventType.PROMPT_VERSION_TAG_DELETED : EventType.MODEL_VERSION_TAG_DELETED,
              named(name).put("version", version).put("key", key));
      case RegistryEvent.AliasSet(_, var name, var alias, var version) ->
          message(
              prompt ? EventType.PROMPT_ALIAS_CREATED : EventType.MODEL_VERSION_ALIAS_CREATED,
              named(name).put("alias", alias).put("version", version));
      case RegistryEvent.AliasDeleted(_, var name, var alias) ->
          message(
              prompt ? EventType.PROMPT_ALIAS_DELETED : EventType.MODEL_VERSION_ALIAS_DELETED,
              named(name).put("alias", alias));
    };
  }

  private static Optional<Message> message(EventType type, ObjectNode data) {
    return Optional.of(new Message(type, data));
  }

  private static ObjectNode model(RegistryEvent.ModelCreated created, boolean prompt) {
    var hidden = prompt ? PROMPT_MARKS : Set.<String>of();
    var data = named(created.name());
    data.set("tags", tags(created.tags(), hidden));
    return data.put("description", created.description());
  }

  private static ObjectNode modelVersion(ModelVersion version) {
    var data = named(version.name()).put("version", version.version());
    data.put("source", version.source());
    data.put("run_id", orNull(version.runId()));
    data.set("tags", tags(version.tags(), Set.of()));
    return data.put("description", orNull(version.description()));
  }

  private static ObjectNode promptVersion(ModelVersion version) {
    var visible = version.tags().stream().filter(tag -> !tag.key().equals(PROMPT_TEXT)).toList();
    var data = named(version.name()).put("version", version.version());
    data.put("template", version.tag(PROMPT_TEXT).orElse(null));
    data.set("tags", tags(visible, PROMPT_MARKS));
    return data.put("description", orNull(version.description()));
  }

  private static ObjectNode named(String name) {
    return MlflowJson.mapper().createObjectNode().put("name", name);
  }

  private static ObjectNode tagged(ObjectNode data, Tag tag) {
    return data.put("key", tag.key()).put("value", tag.value());
  }

  private static ObjectNode tags(List<Tag> tags, Set<String> hidden) {
    var object = MlflowJson.mapper().createObjectNode();
    tags.stream()
        .filter(tag -> !hidden.contains(tag.key()))
        .forEach(tag -> object.put(tag.key(), tag.value()));
    return object;
  }

  private static @Nullable String orNull(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }
}
