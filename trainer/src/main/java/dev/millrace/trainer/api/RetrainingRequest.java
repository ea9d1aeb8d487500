package dev.millrace.trainer.api;

import dev.millrace.trainer.retraining.Recipe;
import dev.millrace.trainer.retraining.Recipes;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads {@code {"recipe":"digits","overrides":{"epochs":3}}}, of which every part may be left out.
 */
final class RetrainingRequest {
  static final int MAXIMUM_BYTES = 64 * 1024;

  private static final String DEFAULT_RECIPE = "digits";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private RetrainingRequest() {}

  static Recipe recipe(byte[] body) {
    if (body.length == 0) {
      return Recipes.named(DEFAULT_RECIPE, Map.of());
    }
    var request = tree(body);
    for (var field : request.propertyNames()) {
      if (!field.equals("recipe") && !field.equals("overrides")) {
        throw new BadRequestException(
            "Unknown field '%s'; expected 'recipe' and 'overrides'".formatted(field));
      }
    }
    return Recipes.named(name(request), overrides(request));
  }

  private static JsonNode tree(byte[] body) {
    try {
      var tree = JSON.readTree(body);
      if (tree.isObject()) {
        return tree;
      }
    } catch (JacksonException e) {
      throw new BadRequestException("The body is no JSON: " + e.getOriginalMessage());
    }
    throw new BadRequestException(
        "The body is no JSON object; expected {\"recipe\":\"digits\",\"overrides\":{\"epochs\":3}}");
  }

  private static String name(JsonNode request) {
    var recipe = request.path("recipe");
    if (recipe.isMissingNode() || recipe.isNull()) {
      return DEFAULT_RECIPE;
    }
    if (!recipe.isString()) {
      throw new BadRequestException("'recipe' is %s; expected a name".formatted(recipe));
    }
    return recipe.asString();
  }

  private static Map<String, String> overrides(JsonNode request) {
    var overrides = request.path("overrides");
    if (overrides.isMissingNode() || overrides.isNull()) {
      return Map.of();
    }
    if (!overrides.isObject()) {
      throw new BadRequestException("'overrides' is %s; expected an object".formatted(overrides));
    }
    var settings = new LinkedHashMap<String, String>();
    overrides
        .properties()
        .forEach(e -> settings.put(e.getKey(), setting(e.getKey(), e.getValue())));
    return settings;
  }

  private static String setting(String name, JsonNode value) {
    if (name.equals("dataset")) {
      // It may name a folder of this machine, which is no business of a remote caller.
      throw new BadRequestException(
          "'dataset' cannot be set here; use './millrace train digits --set dataset=FOLDER'");
    }
    if (!value.isNumber() && !value.isString()) {
      throw new BadRequestException(
          "Setting '%s' is %s; expected a number or a text".formatted(name, value));
    }
    return value.asString();
  }
}
