package dev.millrace.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.protocol.packaging.ModelPackage;
import dev.millrace.protocol.packaging.PackageContents;
import dev.millrace.trainer.architecture.Architecture;
import dev.millrace.trainer.architecture.Network;
import dev.millrace.trainer.architecture.PyTorch;
import dev.millrace.trainer.dataset.Augmentation;
import dev.millrace.trainer.dataset.DataSet;
import dev.millrace.trainer.evaluation.OnnxClassifier;
import dev.millrace.trainer.training.EpochResult;
import dev.millrace.trainer.training.LearningRate;
import dev.millrace.trainer.training.Progress;
import dev.millrace.trainer.training.Training;
import dev.millrace.trainer.training.TrainingListener;
import dev.millrace.trainer.training.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExportIT {
  private static final DataSet ALL = DataSet.read("mnist-digits", 10);
  private static final DataSet SMALL = new DataSet(ALL.training().first(320), ALL.heldOut());
  private static final List<String> LABELS =
      IntStream.range(0, 10).mapToObj(String::valueOf).toList();

  private final Path folder;

  ExportIT(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeAll
  static void prepare() {
    PyTorch.prepare(Path.of("target", "djl"), 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet-5", "softmax-regression"})
  void answersAsTheTrainedNetworkDoes(String architecture) throws IOException {
    try (var network = trained(architecture, 7);
        var exported = exported(network)) {
      var parity = Parity.measure(network, exported, SMALL.heldOut());

      assertThat(parity.images()).isEqualTo(256);
      assertThat(parity.largestDifference()).isPositive().isLessThan(Parity.TOLERANCE);
      parity.require();
    }
  }

  @Test
  void noticesAnExportOfOtherWeights() throws IOException {
    try (var network = trained("softmax-regression", 7);
        var other = trained("softmax-regression", 8);
        var exported = exported(other)) {
      assertThat(Parity.measure(network, exported, SMALL.heldOut()).largestDifference())
          .isGreaterThan(0.01);
    }
  }

  @Test
  void declaresOperatorSetSymbolicBatchAndTheNormalisationInside() throws IOException {
    try (var network = trained("lenet-5", 7)) {
      OnnxExporter.write(network, folder.resolve("model.onnx"));
    }
    var model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));

    assertThat(model.getIrVersion()).isEqualTo(8);
    assertThat(model.getOpsetImport(0).getVersion()).isEqualTo(17);
    var shape = model.getGraph().getInput(0).getType().getTensorType().getShape();
    assertThat(shape.getDim(0).getDimParam()).isEqualTo("N");
    assertThat(shape.getDim(3).getDimValue()).isEqualTo(28);
    assertThat(model.getGraph().getNodeList())
        .extracting(node -> node.getOpType())
        .startsWith("Sub", "Div", "Conv", "BatchNormalization", "Relu", "MaxPool")
        .endsWith("Gemm", "Softmax");
  }

  @Test
  void packsGoldenExamplesThatTheModelAnswers() throws IOException {
    try (var network = trained("lenet-5", 7)) {
      OnnxExporter.write(network, folder.resolve("model.onnx"));
      var origin = new PackageContents.Origin("run1", Instant.EPOCH);
      ImageModelPackage.write(
          folder.resolve("package"),
          network,
          folder.resolve("model.onnx"),
          SMALL.heldOut(),
          LABELS,
          origin);
    }
    var read = ModelPackage.verified(folder.resolve("package"), null);

    assertThat(read.labels()).isEqualTo(LABELS);
    assertThat(read.golden().examples()).hasSize(16);
    assertThat(worstGoldenDifference(read)).isLessThan(read.golden().tolerance());
  }

  @Test
  void trainsTheSameNetworkForTheSameSeed() {
    try (var one = trained("softmax-regression", 7);
        var same = trained("softmax-regression", 7);
        var other = trained("softmax-regression", 8)) {
      var pixels = SMALL.heldOut().scaled(0, 4);

      assertThat(one.probabilities(pixels, 4)).isEqualTo(same.probabilities(pixels, 4));
      assertThat(one.probabilities(pixels, 4)).isNotEqualTo(other.probabilities(pixels, 4));
    }
  }

  @Test
  void tellsEveryStepAndEpochAndLearns() {
    var steps = new ArrayList<Progress>();
    var epochs = new ArrayList<EpochResult>();
    var listener =
        new TrainingListener() {
          @Override
          public void onStep(Progress progress) {
            steps.add(progress);
          }

          @Override
          public void onEpoch(EpochResult result) {
            epochs.add(result);
          }
        };
    try (var network = untrained("lenet-5", 7)) {
      Training.train(plan(3, 7), SMALL, network, listener);
    }

    assertThat(steps).hasSize(30).extracting(Progress::step).startsWith(1, 2).endsWith(30);
    assertThat(epochs).extracting(EpochResult::epoch).containsExactly(1, 2, 3);
    assertThat(epochs.getLast().trainLoss()).isLessThan(epochs.getFirst().trainLoss());
    assertThat(epochs.getLast().heldOutAccuracy()).isGreaterThan(0.4);
  }

  private OnnxClassifier exported(Network network) throws IOException {
    var file = folder.resolve("exported.onnx");
    OnnxExporter.write(network, file);
    return OnnxClassifier.open(file, OnnxExporter.INPUT, OnnxExporter.OUTPUT, 28, 28);
  }

  private static double worstGoldenDifference(ModelPackage read) {
    double worst = 0;
    try (var classifier =
        OnnxClassifier.open(read.modelFile(), OnnxExporter.INPUT, OnnxExporter.OUTPUT, 28, 28)) {
      for (var example : read.golden().examples()) {
        var found = classifier.classify(floats(example.inputs().getFirst().data()), 1);
        var expected = example.outputs().getFirst().data();
        for (int i = 0; i < expected.length; i++) {
          worst = Math.max(worst, Math.abs(expected[i] - found[i]));
        }
      }
    }
    return worst;
  }

  private static float[] floats(double[] values) {
    var floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static Network untrained(String architecture, long seed) {
    return Network.create(Architecture.named(architecture, 28, 28, 10), seed);
  }

  private static Network trained(String architecture, long seed) {
    var network = untrained(architecture, seed);
    Training.train(plan(1, seed), SMALL, network, new Silent());
    return network;
  }

  private static TrainingPlan plan(int epochs, long seed) {
    return new TrainingPlan(
        epochs, 32, seed, new LearningRate(0.003, 0.1), new Augmentation(2, 10, 0.1));
  }

  private static final class Silent implements TrainingListener {
    @Override
    public void onStep(Progress progress) {}

    @Override
    public void onEpoch(EpochResult result) {}
  }
}
