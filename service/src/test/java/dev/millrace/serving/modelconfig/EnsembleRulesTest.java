package dev.millrace.serving.modelconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.scheduling.EnsemblePlan;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an ensemble's configuration may say, alone and of the models of its steps. */
class EnsembleRulesTest {
  private static final String TENSORS =
      """
      platform: "ensemble"
      max_batch_size: 4
      input { name: "IN" data_type: TYPE_FP32 dims: 2 }
      output { name: "OUT" data_type: TYPE_FP32 dims: 2 }
      """;
  private static final String STEP =
      "step { model_name: \"a\" model_version: -1 input_map { key: \"x\" value: \"IN\" } output_map { key: \"y\" value: \"OUT\" } }";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "|line 1, column 1, field 'platform': ensemble scheduling must be set for ensemble m whose platform is ensemble",
        "ensemble_scheduling { }|line 5, column 1, field 'ensemble_scheduling': must specify 'step' for ensemble 'm'",
        "instance_group { count: 1 } ensemble_scheduling { STEP }|field 'instance_group[0]': instance group should not be specified for ensemble 'm'",
        "optimization { priority: PRIORITY_MAX } ensemble_scheduling { STEP }|optimization should not be specified for ensemble 'm'",
        "model_warmup { name: \"w\" batch_size: 1 } ensemble_scheduling { STEP }|model_warmup can not be specified for ensemble 'm'",
        "backend: \"onnxruntime\" ensemble_scheduling { STEP }|backend should not be specified for ensemble 'm'",
        "default_model_filename: \"m.onnx\" ensemble_scheduling { STEP }|default_model_filename should not be specified",
        "response_cache { enable: true } ensemble_scheduling { STEP }|would outlive the versions of its steps",
        "model_transaction_policy { decoupled: true } ensemble_scheduling { STEP }|decoupled models are not supported",
        "dynamic_batching { } ensemble_scheduling { STEP }|line 5",
        "ensemble_scheduling { step { input_map { key: \"x\" value: \"IN\" } output_map { key: \"y\" value: \"OUT\" } } }|line 5, column 23, field 'ensemble_scheduling.step[0]': must specify 'model_name' in step 0 of ensemble 'm'",
        "ensemble_scheduling { step { model_name: \"a\" output_map { key: \"y\" value: \"OUT\" } } }|must specify 'input_map' in step 0 of ensemble 'm'",
        "ensemble_scheduling { step { model_name: \"a\" input_map { key: \"x\" value: \"IN\" } } }|must specify 'output_map' in step 0 of ensemble 'm'",
        "ensemble_scheduling { step { model_name: \"m\" input_map { key: \"x\" value: \"IN\" } output_map { key: \"y\" value: \"OUT\" } } }|circular dependency between ensembles: m -> m",
        "ensemble_scheduling { step { model_name: \"a\" model_namespace: \"n\" input_map { key: \"x\" value: \"IN\" } output_map { key: \"y\" value: \"OUT\" } } }|field 'ensemble_scheduling.step[0].model_namespace': namespaces of models are not supported",
        "ensemble_scheduling { step { model_name: \"a\" model_version: -2 input_map { key: \"x\" value: \"IN\" } output_map { key: \"y\" value: \"OUT\" } } }|model_version of a step is -1",
        "ensemble_scheduling { STEP STEP }|field 'ensemble_scheduling.step[1]': ensemble tensor 'OUT' can appear in an output map only once for ensemble 'm' step 1",
        "ensemble_scheduling { STEP step { model_name: \"b\" input_map { key: \"x\" value: \"OUT\" } output_map { key: \"y\" value: \"IN\" } } }|ensemble tensor 'IN' is an input of ensemble 'm', so step 1 cannot write it",
        "ensemble_scheduling { STEP step { model_name: \"b\" input_map { key: \"x\" value: \"OUT\" } output_map { key: \"y\" value: \"z\" } } }|ensemble tensor 'z' is unused in ensemble 'm'",
        "ensemble_scheduling { step { model_name: \"a\" input_map { key: \"x\" value: \"nowhere\" } output_map { key: \"y\" value: \"OUT\" } } }|ensemble tensor 'nowhere' is neither an input of ensemble 'm' nor in an output map of its steps",
        "ensemble_scheduling { step { model_name: \"a\" input_map [ { key: \"x\" value: \"IN\" }, { key: \"z\" value: \"q\" } ] output_map { key: \"y\" value: \"OUT\" } } step { model_name: \"b\" input_map { key: \"x\" value: \"OUT\" } output_map { key: \"y\" value: \"q\" } } }|output 'OUT' for ensemble 'm' is not written: its steps wait for each other in a circle",
        "input { name: \"MORE\" data_type: TYPE_FP32 dims: 2 } ensemble_scheduling { STEP }|ensemble input 'MORE' for ensemble 'm' is not used",
        "input { name: \"IN\" data_type: TYPE_FP32 dims: 2 } ensemble_scheduling { STEP }|has the tensor 'IN' twice",
        "output { name: \"MORE\" data_type: TYPE_FP32 dims: 2 } ensemble_scheduling { STEP }|output 'MORE' for ensemble 'm' is not written",
        "output { name: \"MORE\" data_type: TYPE_FP32 dims: 2 reshape { shape: [ 1, 2 ] } } ensemble_scheduling { STEP }|reshape is not supported for ensemble 'm'",
      })
  void refusesWithThePlaceAndTheReason(String lines, String message) {
    var text = lines == null ? "" : lines.replace("STEP", STEP);
    assertThatThrownBy(() -> read(TENSORS + text))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("config.pbtxt, line ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesStepsOfWhatIsNoEnsemble() {
    assertThatThrownBy(() -> read("ensemble_scheduling { " + STEP + " }"))
        .hasMessageContaining(
            "ensemble scheduling cannot be set for model 'm' whose platform is not ensemble");
    assertThatThrownBy(() -> read("platform: \"ensemble\" ensemble_scheduling { " + STEP + " }"))
        .hasMessageContaining("must specify 'input' and 'output' for ensemble 'm'");
  }

  @Test
  void takesABoundOfRequestsUnderWayWhichHoldsByItself() throws IOException {
    var declared = read(ensemble(STEP + " max_inflight_requests: 2"));
    assertThat(declared.isEnsemble()).isTrue();
    assertThat(declared.stepModels()).containsExactly("a");
  }

  @Test
  void plansStepsInTheOrderOfTheirModelsInputs() throws IOException {
    var plan = plan(two(), signature(true, "x", "w"));
    assertThat(plan.inputs()).isOne();
    assertThat(plan.tensors()).isEqualTo(2);
    var step = plan.steps().getFirst();
    assertThat(step.takes()).extracting(EnsemblePlan.Use::name).containsExactly("x", "w");
    assertThat(step.version()).isEqualTo("3");
    assertThat(step.outputs()).containsExactly("y");
    assertThat(plan.results().getFirst().declared().shape()).isEqualTo(Shape.of(-1, 2));
  }

  @Test
  void refusesNamesThatTheModelOfAStepDoesNotHave() throws IOException {
    assertRefused(
        two(),
        signature(true, "x"),
        "in ensemble m, ensemble tensor IN is mapping to non-existing input w in model a");
    assertRefused(
        ensemble(STEP),
        signature(true, "x", "w"),
        "in ensemble m, input w in model a is not mapped to any ensemble tensors");
    assertRefused(
        ensemble(STEP.replace("\"y\"", "\"z\"")),
        signature(true, "x"),
        "in ensemble m, ensemble tensor OUT is mapped from non-existing output z in model a");
  }

  @Test
  void refusesTypesAndShapesThatDiffer() throws IOException {
    assertRefused(
        ensemble(STEP)
            .replace("name: \"IN\" data_type: TYPE_FP32", "name: \"IN\" data_type: TYPE_INT32"),
        signature(true, "x"),
        "in ensemble m, ensemble tensor IN: inconsistent data type: TYPE_INT32 is inferred from model m while TYPE_FP32 is inferred from model a");
    assertRefused(
        ensemble(STEP).replace("dims: 2", "dims: 3"),
        signature(true, "x"),
        "in ensemble m, ensemble tensor IN: inconsistent shape: [-1,3] is inferred from model m while [-1,2] is inferred from model a");
  }

  @Test
  void letsOpenDimensionsAndModelsWithoutRowsFit() throws IOException {
    plan(ensemble(STEP).replace("dims: 2", "dims: -1"), signature(true, "x"));
    plan(ensemble(STEP), signature(false, "x"));
    plan(
        ensemble(STEP).replace("max_batch_size: 4", "").replace("dims: 2", "dims: [ -1, 2 ]"),
        signature(true, "x"));
  }

  @Test
  void refusesMoreRowsThanAStepTakes() throws IOException {
    var declared = read(ensemble(STEP));
    assertThatThrownBy(
            () ->
                EnsemblePlans.plan(
                    "m",
                    declared,
                    (_, _) -> new EnsemblePlans.StepModel(signature(true, "x"), 3, 1)))
        .isInstanceOf(ModelLoadException.class)
        .hasMessage(
            "ensemble m allows maximum batch size 4, but it contains model a which only allows maximum batch size to be 3");
  }

  private static String ensemble(String steps) {
    return TENSORS + "ensemble_scheduling { " + steps + " }";
  }

  private static String two() {
    return ensemble(
        STEP.replace("-1", "3")
            .replace("output_map", "input_map { key: \"w\" value: \"IN\" } output_map"));
  }

  private static Signature signature(boolean rows, String... inputs) {
    var shape = rows ? Shape.of(-1, 2) : Shape.of(2);
    return new Signature(
        List.of(inputs).stream().map(name -> new TensorSpec(name, DataType.FP32, shape)).toList(),
        List.of(new TensorSpec("y", DataType.FP32, shape)),
        rows);
  }

  private EnsemblePlan plan(String config, Signature step) throws IOException {
    return EnsemblePlans.plan(
        "m", read(config), (_, _) -> new EnsemblePlans.StepModel(step, Integer.MAX_VALUE, 1));
  }

  private void assertRefused(String config, Signature step, String message) {
    assertThatThrownBy(() -> plan(config, step))
        .isInstanceOf(ModelLoadException.class)
        .hasMessage(message);
  }

  private DeclaredConfig read(String config) throws IOException {
    Files.writeString(folder.resolve("config.pbtxt"), config);
    return ConfigReader.read("m", folder).orElseThrow();
  }
}
