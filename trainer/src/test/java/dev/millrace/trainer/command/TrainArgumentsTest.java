package dev.millrace.trainer.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.retraining.RecipeException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainArgumentsTest {
  @Test
  void readsARecipeWithSettings() {
    var recipe =
        TrainArguments.recipe(List.of("digits", "--set", "epochs=3", "--set", "dataset=a=b"));

    assertThat(recipe.epochs()).isEqualTo(3);
    assertThat(recipe.dataset()).isEqualTo("a=b");
  }

  @Test
  void wantsTheRecipeFirst() {
    assertThatThrownBy(() -> TrainArguments.recipe(List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("'train' wants the name of a recipe first");
    assertThatThrownBy(() -> TrainArguments.recipe(List.of("--set", "epochs=3")))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void saysWhatTheOnlyOptionLooksLike() {
    assertThatThrownBy(() -> TrainArguments.recipe(List.of("digits", "--epochs", "3")))
        .isInstanceOf(UsageException.class)
        .hasMessage("Unknown option '--epochs'; the only one is --set KEY=VALUE");
    assertThatThrownBy(() -> TrainArguments.recipe(List.of("digits", "--set")))
        .isInstanceOf(UsageException.class)
        .hasMessage("--set wants KEY=VALUE, for example --set epochs=3, but got ''");
  }

  @Test
  void passesOnWhatTheRecipeSays() {
    assertThatThrownBy(() -> TrainArguments.recipe(List.of("digits", "--set", "x=3")))
        .isInstanceOf(RecipeException.class)
        .hasMessageStartingWith("Unknown setting 'x'");
  }
}
