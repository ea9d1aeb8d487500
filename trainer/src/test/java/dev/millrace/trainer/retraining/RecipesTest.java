package dev.millrace.trainer.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipesTest {
  @Test
  void bringsADigitRecipe() {
    var recipe = Recipes.named("digits", Map.of());

    assertThat(recipe.model()).isEqualTo("digits");
    assertThat(recipe.architecture()).isEqualTo("lenet-5");
    assertThat(recipe.labels()).hasSize(10).startsWith("0").endsWith("9");
    assertThat(recipe.trainImages()).isEqualTo(8000);
  }

  @Test
  void changesSettingsByName() {
    var overrides =
        Map.of("epochs", "3", "learningRate.peak", "0.01", "seed", "-5", "dataset", "/data");

    var recipe = Recipes.named("digits", overrides);

    assertThat(recipe.epochs()).isEqualTo(3);
    assertThat(recipe.learningRate().peak()).isEqualTo(0.01);
    assertThat(recipe.seed()).isEqualTo(-5);
    assertThat(recipe.dataset()).isEqualTo("/data");
    assertThat(recipe.batchSize()).isEqualTo(Recipes.named("digits", Map.of()).batchSize());
  }

  @Test
  void listsAllSettingsByName() {
    assertThat(Recipes.settings(Recipes.named("digits", Map.of("epochs", "3"))))
        .containsEntry("epochs", "3")
        .containsEntry("gate.minimumImprovement", "0.0")
        .containsEntry("dataset", "mnist-digits")
        .doesNotContainKeys("name", "labels");
  }

  @Test
  void namesTheRecipesThereAre() {
    assertThatThrownBy(() -> Recipes.named("../digits", Map.of()))
        .isInstanceOf(RecipeException.class)
        .hasMessage("Unknown recipe '../digits'; known are: digits");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          epoch | 3 | Unknown setting 'epoch'; known are: architecture, augmentation.rotationDegrees,
          name | x | Unknown setting 'name'; known are: architecture,
          epochs | three | Setting 'epochs' is 'three'; expected a number
          epochs | [1 | Setting 'epochs' is '[1'; expected a number
          epochs | 0 | Setting 'epochs' is 0; expected 1 to 10000
          trainImages | 0 | Setting 'trainImages' is 0; expected 1 or more
          batchSize | 100000 | Setting 'batchSize' is 100000; expected 1 to 4096
          learningRate.peak | 0 | Setting 'learningRate.peak' is 0.0; expected more than 0, at most 1
          gate.minimumImprovement | 2 | Setting 'gate.minimumImprovement' is 2.0; expected -1 to
          architecture | vgg | Setting 'architecture' is 'vgg'; expected one of [lenet-5, softmax-regression]
          epochs | 2.5 | The settings are none of a recipe:
          epochs | 99999999999 | The settings are none of a recipe:
          """)
  void saysWhatIsWrongWithASetting(String name, String value, String message) {
    assertThatThrownBy(() -> Recipes.named("digits", Map.of(name, value)))
        .isInstanceOf(RecipeException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "../x", "", "..", ".a", "a b", "a\u0000", "a\n"})
  void refusesNamesThatNoRegistryTakes(String model) {
    assertThatThrownBy(() -> Recipes.named("digits", Map.of("model", model)))
        .isInstanceOf(RecipeException.class)
        .hasMessage(
            "Setting 'model' is '%s'; expected a name of the form [A-Za-z0-9][A-Za-z0-9._-]{0,127}"
                .formatted(model));
  }

  @Test
  void takesNamesOfUpTo128Characters() {
    var longest = "x".repeat(128);

    assertThat(Recipes.named("digits", Map.of("model", longest)).model()).isEqualTo(longest);
    assertThatThrownBy(() -> Recipes.named("digits", Map.of("model", longest + "x")))
        .isInstanceOf(RecipeException.class);
  }
}
