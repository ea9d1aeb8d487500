package dev.millrace.trainer.command;

import dev.millrace.trainer.retraining.Recipe;
import dev.millrace.trainer.retraining.Recipes;
import java.util.LinkedHashMap;
import java.util.List;

/** Reads {@code RECIPE [--set KEY=VALUE]...}. */
public final class TrainArguments {
  private TrainArguments() {}

  /**
   * The recipe that the arguments ask for.
   *
   * @throws UsageException when they do not read as above
   * @throws dev.millrace.trainer.retraining.RecipeException for an unknown recipe or setting
   */
  public static Recipe recipe(List<String> arguments) {
    if (arguments.isEmpty() || arguments.getFirst().startsWith("-")) {
      throw new UsageException(
          "'train' wants the name of a recipe first, for example: train digits --set epochs=3");
    }
    var overrides = new LinkedHashMap<String, String>();
    for (int i = 1; i < arguments.size(); i += 2) {
      if (!arguments.get(i).equals("--set")) {
        throw new UsageException(
            "Unknown option '%s'; the only one is --set KEY=VALUE".formatted(arguments.get(i)));
      }
      var setting = i + 1 < arguments.size() ? arguments.get(i + 1) : "";
      int equals = setting.indexOf('=');
      if (equals < 1) {
        throw new UsageException(
            "--set wants KEY=VALUE, for example --set epochs=3, but got '%s'".formatted(setting));
      }
      overrides.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    return Recipes.named(arguments.getFirst(), overrides);
  }
}
