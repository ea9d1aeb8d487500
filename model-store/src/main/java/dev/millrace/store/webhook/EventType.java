package dev.millrace.store.webhook;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** MLflow's table of events: which actions there are on which entities. */
enum EventType {
  REGISTERED_MODEL_CREATED(
      "registered_model",
      "created",
      """
      {"name": "example_model", "tags": {"example_key": "example_value"}, "description": "An example registered model"}"""),
  MODEL_VERSION_CREATED(
      "model_version",
      "created",
      """
      {"name": "example_model", "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678",
      "tags": {"example_key": "example_value"}, "description": "An example model version"}"""),
  MODEL_VERSION_TAG_SET("model_version_tag", "set", Examples.VERSION_TAG.formatted("model")),
  MODEL_VERSION_TAG_DELETED(
      "model_version_tag", "deleted", Examples.VERSION_KEY.formatted("model")),
  MODEL_VERSION_ALIAS_CREATED(
      "model_version_alias", "created", Examples.ALIAS_OF_VERSION.formatted("model")),
  MODEL_VERSION_ALIAS_DELETED("model_version_alias", "deleted", Examples.ALIAS.formatted("model")),
  PROMPT_CREATED(
      "prompt",
      "created",
      """
      {"name": "example_prompt", "tags": {"example_key": "example_value"}, "description": "An example prompt"}"""),
  PROMPT_VERSION_CREATED(
      "prompt_version",
      "created",
      """
      {"name": "example_prompt", "version": "1", "template": "Hello {{name}}!",
      "tags": {"example_key": "example_value"}, "description": "An example prompt version"}"""),
  PROMPT_TAG_SET(
      "prompt_tag",
      "set",
      """
      {"name": "example_prompt", "key": "example_key", "value": "example_value"}"""),
  PROMPT_TAG_DELETED(
      "prompt_tag",
      "deleted",
      """
      {"name": "example_prompt", "key": "example_key"}"""),
  PROMPT_VERSION_TAG_SET("prompt_version_tag", "set", Examples.VERSION_TAG.formatted("prompt")),
  PROMPT_VERSION_TAG_DELETED(
      "prompt_version_tag", "deleted", Examples.VERSION_KEY.formatted("prompt")),
  PROMPT_ALIAS_CREATED("prompt_alias", "created", Examples.ALIAS_OF_VERSION.formatted("prompt")),
  PROMPT_ALIAS_DELETED("prompt_alias", "deleted", Examples.ALIAS.formatted("prompt")),
  /** Can be subscribed to, as in MLflow; a store without a gateway has no budgets to exceed. */
  BUDGET_POLICY_EXCEEDED(
      "budget_policy",
      "exceeded",
      """
      {"budget_policy_id": "bp-abc123", "budget_unit": "USD", "budget_amount": 100.0, "current_spend": 105.5,
      "duration_unit": "MONTHS", "duration_value": 1, "target_scope": "ENDPOINT", "workspace": "default",
      "target_value": "ep-abc123", "window_start": 1704067200000}""");

  private static final class Examples {
    static final String VERSION_TAG =
        """
        {"name": "example_%s", "version": "1", "key": "example_key", "value": "example_value"}""";
    static final String VERSION_KEY =
        """
        {"name": "example_%s", "version": "1", "key": "example_key"}""";
    static final String ALIAS_OF_VERSION =
        """
        {"name": "example_%s", "alias": "example_alias", "version": "1"}""";
    static final String ALIAS =
        """
        {"name": "example_%s", "alias": "example_alias"}""";
  }

  private final String entity;
  private final String action;
  private final String example;

  EventType(String entity, String action, String example) {
    this.entity = entity;
    this.action = action;
    this.example = example;
  }

  String entity() {
    return entity;
  }

  String action() {
    return action;
  }

  /** What a test sends as data. */
  JsonNode example() {
    return MlflowJson.mapper().readTree(example);
  }

  /** The event that a request or a row names, in any case. */
  static EventType of(String entity, String action) {
    var wanted = entity.toLowerCase(Locale.ROOT);
    var ofEntity = Arrays.stream(values()).filter(type -> type.entity.equals(wanted)).toList();
    if (ofEntity.isEmpty()) {
      throw StoreException.invalid(
          "Invalid entity '%s' of a webhook event. Valid entities are: %s"
              .formatted(entity, quoted(Arrays.stream(values()).map(EventType::entity).toList())));
    }
    return ofEntity.stream()
        .filter(type -> type.action.equalsIgnoreCase(action))
        .findFirst()
        .orElseThrow(
            () ->
                StoreException.invalid(
                    "Invalid action '%s' for entity '%s'. Valid actions are: %s"
                        .formatted(
                            action.toLowerCase(Locale.ROOT),
                            wanted,
                            quoted(ofEntity.stream().map(EventType::action).toList()))));
  }

  /** The event in an object with {@code entity} and {@code action}. */
  static EventType of(Parameters event) {
    return of(event.required("entity"), event.required("action"));
  }

  private static String quoted(List<String> words) {
    return words.stream().distinct().sorted().map(word -> "'" + word + "'").toList().toString();
  }
}
