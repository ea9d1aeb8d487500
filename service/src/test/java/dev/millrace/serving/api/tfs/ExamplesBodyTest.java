package dev.millrace.serving.api.tfs;

import static dev.millrace.serving.api.json.Reading.floats;
import static dev.millrace.serving.api.json.Reading.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.api.json.Question;
import dev.millrace.serving.api.json.Reading;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExamplesBodyTest {
  private static final ModelDescription CLASSIFIER =
      model(spec("probabilities", DataType.FP32, -1, 2), "no", "yes");
  private static final ModelDescription REGRESSOR = model(spec("y", DataType.FP32, -1, 1));

  @Test
  void readsFeaturesInTheShapeOfTheInputs() {
    Reading.read(
        """
        {"signature_name":"serving_default","examples":[{"a":1,"b":[1,2]},{"b":[3,4],"a":5}]}
        """,
        (body, memory) -> ExamplesBody.classify(body, CLASSIFIER, memory).inputs(),
        inputs -> {
          assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(2, 1));
          assertThat(floats(inputs.getFirst())).containsExactly(1, 5);
          assertThat(inputs.get(1).shape()).isEqualTo(Shape.of(2, 2));
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"context":{"b":[7,8]},"examples":[{"a":1},{"a":2},{"a":3}]}
          {"examples":[{"a":1},{"a":2},{"a":3}],"context":{"b":[7,8]}}
          """)
  void repeatsWhatExamplesShare(String body) {
    Reading.read(
        body,
        (bytes, memory) -> ExamplesBody.regress(bytes, REGRESSOR, memory).inputs(),
        inputs -> assertThat(floats(inputs.get(1))).containsExactly(7, 8, 7, 8, 7, 8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"examples":[]}                      | When method is classify or regress, key 'examples' is expected
          {}                                   | When method is classify or regress, key 'examples' is expected
          {"examples":{"a":1}}                 | Expecting 'examples' value to be an list/array
          {"examples":[5]}                     | Unable to read examples[0]: expected an object
          {"examples":[{"a":1}]}               | Unable to read examples[0]: there is no feature 'b'
          {"examples":[{"a":1},{"a":1,"b":[1,2]}]} | Unable to read examples[1]: the example has the feature 'b', which one before it has not
          {"examples":[{"a":1,"b":[1,2]},{"a":1}]} | Unable to read examples[1]: there is no feature 'b'
          {"examples":[{"a":1,"b":[1,"x"]}]}   | Unable to read examples[0].b[1]: FP32 takes a number, not a string
          {"context":{"a":1},"examples":[{"a":1,"b":[1,2]}]} | Unable to read examples[0]: the feature 'a' is in 'context' and in 'examples'
          {"examples":[{"a":1,"b":[1,2]}],"context":{"a":1}} | Unable to read context: the feature 'a' is in 'context' and in 'examples'
          {"examples":[{"c":1}]}               | Unable to read examples[0]: the model has no input 'c'; it has [a, b]
          {"signature_name":"other","examples":[]} | Serving signature name: "other" not found in signature def.
          """)
  void saysWhatIsWrong(String body, String message) {
    assertThat(
            Reading.invalid(
                body, (bytes, memory) -> ExamplesBody.classify(bytes, CLASSIFIER, memory).inputs()))
        .startsWith(message);
  }

  @Test
  void printsLabelsAndScores() {
    var question = question(CLASSIFIER, true);
    assertThat(question.outputs()).containsExactly("probabilities");
    var expected = "[[[\"no\",0.25],[\"yes\",0.75]]]";
    assertThat(
            Reading.written(question.form(), tensor("probabilities", Shape.of(1, 2), 0.25f, 0.75f)))
        .isEqualTo("{\"results\":%s,\"result\":%s}".formatted(expected, expected));
  }

  @Test
  void printsEmptyLabelsWhereTheModelHasNone() {
    var question = question(model(spec("p", DataType.FP32, -1, 2)), true);
    assertThat(Reading.written(question.form(), tensor("p", Shape.of(1, 2), 0, 1)))
        .startsWith("{\"results\":[[[\"\",0.0],[\"\",1.0]]]");
  }

  @Test
  void printsOneNumberPerExample() {
    var question = question(REGRESSOR, false);
    assertThat(Reading.written(question.form(), tensor("y", Shape.of(3, 1), 1, 2.5f, Float.NaN)))
        .isEqualTo("{\"results\":[1.0,2.5,NaN],\"result\":[1.0,2.5,NaN]}");
  }

  @Test
  void refusesModelsWhoseOutputsDoNotFit() {
    var texts = model(spec("text", DataType.BYTES, -1, 2));
    assertThat(refusal(texts, true))
        .startsWith("Model 'm' cannot classify: ")
        .contains("and has 'text' of BYTES [-1, 2]. Ask");
    assertThat(refusal(CLASSIFIER, false)).startsWith("Model 'm' cannot regress: ");
  }

  private static String refusal(ModelDescription model, boolean classify) {
    return Reading.invalid(
        "{\"examples\":[{\"a\":1,\"b\":[1,2]}]}",
        (body, memory) ->
            (classify
                    ? ExamplesBody.classify(body, model, memory)
                    : ExamplesBody.regress(body, model, memory))
                .inputs());
  }

  private static Question question(ModelDescription model, boolean classify) {
    var questions = new ArrayList<Question>();
    Reading.read(
        "{\"examples\":[{\"a\":1,\"b\":[1,2]}]}",
        (body, memory) -> {
          questions.add(
              classify
                  ? ExamplesBody.classify(body, model, memory)
                  : ExamplesBody.regress(body, model, memory));
          return questions.getFirst().inputs();
        },
        _ -> {});
    return questions.getFirst();
  }

  private static ModelDescription model(TensorSpec output, String... labels) {
    var inputs = List.of(spec("a", DataType.FP32, -1, 1), spec("b", DataType.FP32, -1, 2));
    return Reading.model(new Signature(inputs, List.of(output)), labels);
  }

  private static Tensor tensor(String name, Shape shape, float... values) {
    var data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      data.putFloat(value);
    }
    return new Tensor(name, DataType.FP32, shape, data.flip());
  }
}
