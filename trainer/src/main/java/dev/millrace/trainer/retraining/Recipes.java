package dev.millrace.trainer.retraining;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The recipes that come along, with settings changed on request. */
public final class Recipes {
  private static final Set<String> NAMES = Set.of("digits");
  private static final Set<String> FIXED = Set.of("name", "labels");
  private static final YAMLMapper YAML =
      YAMLMapper.builder().disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT).build();

  private Recipes() {}

  /**
   * A recipe with some of its settings changed.
   *
   * @param overrides values by name, {@code learningRate.peak} for one inside another
   * @throws RecipeException when the recipe or a setting is unknown, or a value is none
   */
  public static Recipe named(String name, Map<String, String> overrides) {
    var tree = tree(name);
    var known = settings(tree).keySet();
    overrides.forEach((key, value) -> set(tree, known, key, value));
    try {
      return YAML.treeToValue(tree, Recipe.class);
    } catch (JacksonException e) {
      throw new RecipeException(sentence(e));
    }
  }

  /** The settings of a recipe by name, as they go to the store. */
  static Map<String, String> settings(Recipe recipe) {
    return settings(YAML.<ObjectNode>valueToTree(recipe));
  }

  private static ObjectNode tree(String name) {
    if (!NAMES.contains(name)) {
      throw new RecipeException(
          "Unknown recipe '%s'; known are: %s".formatted(name, String.join(", ", NAMES)));
    }
    try (var in = Recipes.class.getResourceAsStream("/recipes/" + name + ".yaml")) {
      return (ObjectNode) YAML.readTree(Objects.requireNonNull(in, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> settings(ObjectNode tree) {
    var settings = new TreeMap<String, String>();
    for (var field : tree.properties()) {
      if (field.getValue() instanceof ObjectNode inner) {
        settings(inner).forEach((key, value) -> settings.put(field.getKey() + "." + key, value));
      } else if (!FIXED.contains(field.getKey())) {
        settings.put(field.getKey(), field.getValue().asString());
      }
    }
    return settings;
  }

  private static void set(ObjectNode tree, Set<String> known, String key, String value) {
    if (!known.contains(key)) {
      throw new RecipeException(
          "Unknown setting '%s'; known are: %s"
              .formatted(key, String.join(", ", new TreeSet<>(known))));
    }
    int dot = key.indexOf('.');
    var parent = dot < 0 ? tree : (ObjectNode) tree.path(key.substring(0, dot));
    var leaf = key.substring(dot + 1);
    parent.set(leaf, converted(key, parent.path(leaf), value));
  }

  private static JsonNode converted(String key, JsonNode now, String value) {
    if (!now.isNumber()) {
      return YAML.getNodeFactory().stringNode(value);
    }
    try {
      var number = YAML.readTree(value);
      if (number.isNumber()) {
        return number;
      }
    } catch (JacksonException _) {
      // Not even YAML: the message below is the better one.
    }
    throw new RecipeException("Setting '%s' is '%s'; expected a number".formatted(key, value));
  }

  private static String sentence(JacksonException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof IllegalArgumentException) {
        return "Setting " + cause.getMessage();
      }
    }
    return "The settings are none of a recipe: " + e.getOriginalMessage();
  }
}
