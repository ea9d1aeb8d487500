package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelCheckTest {
  private static final TensorSpec TEN = output("probabilities", -1, 10);
  private static final TensorSpec INDEX = output("label", -1);

  @Test
  void refusesLabelsForOtherClassesThanTheOnlyOutputHas() {
    assertThatThrownBy(() -> LabelCheck.require(labelled(2, null), signature(TEN)))
        .isInstanceOf(ModelLoadException.class)
        .hasMessage(
            "The model has 10 classes in output 'probabilities', but labels.txt names 2. Write one line for each class.");
    assertTaken(labelled(10, null), TEN);
  }

  @Test
  void looksAtTheOutputThatIsDescribedForPictures() {
    assertThatThrownBy(
            () -> LabelCheck.require(labelled(2, "probabilities"), signature(INDEX, TEN)))
        .hasMessageContaining("'probabilities', but labels.txt names 2");
    assertTaken(labelled(10, "probabilities"), INDEX, TEN);
  }

  @Test
  void takesWhatItCannotCompare() {
    assertTaken(labelled(0, null), TEN);
    assertTaken(labelled(2, null), INDEX, TEN);
    assertTaken(labelled(2, null), INDEX);
    assertTaken(labelled(2, null), output("score", -1, 1));
    assertTaken(labelled(2, null), output("scalar"));
  }

  @Test
  void keepsTheVersionFromBeingServed(@TempDir Path folder) throws IOException {
    var model = Files.writeString(folder.resolve("model.onnx"), "1");
    var files =
        new ServablePackage(model, List.of("a", "b", "c"), null, GoldenExamples.NONE, List.of());
    try (var engine = new FakeEngine()) {
      assertThatThrownBy(
              () -> engine.rollout().serve(new Candidate("m", "1", "three", () -> files)))
          .hasMessageContaining("2 classes in output 'y', but labels.txt names 3");
    }
  }

  private static void assertTaken(ServablePackage files, TensorSpec... outputs) {
    assertThatCode(() -> LabelCheck.require(files, signature(outputs))).doesNotThrowAnyException();
  }

  private static ServablePackage labelled(int count, @Nullable String pictureOutput) {
    var image =
        pictureOutput == null
            ? null
            : new ImageDescription(
                "x", pictureOutput, 1, 28, 28, 1, ImageDescription.Ink.BRIGHT_ON_DARK);
    var labels = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9").subList(0, count);
    return new ServablePackage(
        Path.of("model.onnx"), labels, image, GoldenExamples.NONE, List.of());
  }

  private static Signature signature(TensorSpec... outputs) {
    return new Signature(List.of(), List.of(outputs));
  }

  private static TensorSpec output(String name, long... shape) {
    return new TensorSpec(name, DataType.FP32, Shape.of(shape));
  }
}
