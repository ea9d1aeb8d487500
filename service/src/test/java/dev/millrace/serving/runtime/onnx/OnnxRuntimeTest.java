package dev.millrace.serving.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.ProcessMemory;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRuntimes;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.runtime.ValuesRefusedException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxRuntimeTest {
  @TempDir Path folder;

  @Test
  void isInstalledForOnnxFiles() {
    var runtime = ModelRuntimes.installed().forFile(FixtureModels.identity(folder));
    assertThat(runtime.platform()).isEqualTo("onnxruntime_onnx");
  }

  @Test
  void readsTheSignatureFromTheFile() {
    try (var model = open(FixtureModels.twoOutputs(folder))) {
      assertThat(model.signature())
          .isEqualTo(
              new Signature(
                  List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 4))),
                  List.of(
                      new TensorSpec("doubled", DataType.FP32, Shape.of(-1, 4)),
                      new TensorSpec("total", DataType.FP32, Shape.of(-1, 1)))));
      assertThat(model.signature().batchable()).isTrue();
      assertThat(model.device()).isEqualTo("cpu");
    }
  }

  @Test
  void computesAllOutputsOfABatch() {
    try (var model = open(FixtureModels.twoOutputs(folder));
        var batch =
            model.bind(List.of(Tensors.floats("x", Shape.of(2, 4), 1, 2, 3, 4, 5, 6, 7, 8)));
        var outputs = batch.run()) {
      var tensors = outputs.tensors();
      assertThat(tensors).extracting(Tensor::name).containsExactly("doubled", "total");
      assertThat(tensors.get(0).shape()).isEqualTo(Shape.of(2, 4));
      assertThat(Tensors.floats(tensors.get(0))).containsExactly(2, 4, 6, 8, 10, 12, 14, 16);
      assertThat(Tensors.floats(tensors.get(1))).containsExactly(10, 26);
    }
  }

  @Test
  void seesTheElementsThatABoundBufferHoldsAtEachRun() {
    var input = Tensors.integers("a", Shape.of(1, 3), 1, 2, 3);
    var other = Tensors.integers("b", Shape.of(1, 3), 10, 20, 30);
    try (var model = open(FixtureModels.addition(folder));
        var batch = model.bind(List.of(input, other))) {
      try (var outputs = batch.run()) {
        assertThat(Tensors.integers(outputs.tensors().getFirst())).containsExactly(11, 22, 33);
      }
      input.data().putInt(0, 100);
      try (var outputs = batch.run()) {
        assertThat(Tensors.integers(outputs.tensors().getFirst())).containsExactly(110, 22, 33);
      }
    }
  }

  @Test
  void doesNotOverwriteAnAnswerThatIsStillHeld() {
    try (var model = open(FixtureModels.identity(folder))) {
      var first = run(model, Tensors.row("x", 1, 2, 3, 4));
      var second = run(model, Tensors.row("x", 5, 6, 7, 8));
      assertThat(Tensors.floats(first)).containsExactly(1, 2, 3, 4);
      assertThat(Tensors.floats(second)).containsExactly(5, 6, 7, 8);
    }
  }

  @Test
  void reusesTheMemoryOfAnAnswerThatWasClosed() {
    try (var model = open(FixtureModels.identity(folder));
        var batch = model.bind(List.of(Tensors.row("x", 1, 2, 3, 4)))) {
      var first = batch.run();
      first.close();
      var second = batch.run();
      assertThat(second.tensors().getFirst()).isSameAs(first.tensors().getFirst());
      second.close();
    }
  }

  @Test
  void letsAnswersOutliveTheModel() {
    var model = open(FixtureModels.identity(folder));
    var batch = model.bind(List.of(Tensors.row("x", 1, 2, 3, 4)));
    var outputs = batch.run();
    batch.close();
    model.close();
    assertThat(Tensors.floats(outputs.tensors().getFirst())).containsExactly(1, 2, 3, 4);
    outputs.close();
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT,FP32",
    "DOUBLE,FP64",
    "INT8,INT8",
    "INT16,INT16",
    "INT32,INT32",
    "INT64,INT64",
    "UINT8,UINT8",
    "UINT16,UINT16",
    "UINT32,UINT32",
    "UINT64,UINT64",
    "BOOL,BOOL",
    "FLOAT16,FP16",
    "BFLOAT16,BF16"
  })
  void carriesEveryTypeUnchanged(TensorProto.DataType onnxType, DataType type) {
    var data = ByteBuffer.allocateDirect(3 * type.sizeBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < data.capacity(); i++) {
      data.put(i, type == DataType.BOOL ? (byte) (i & 1) : (byte) (0xf0 + 7 * i));
    }
    try (var model = open(FixtureModels.identity(folder, onnxType, -1, 3))) {
      var output = run(model, new Tensor("x", type, Shape.of(1, 3), data));
      assertThat(output.type()).isEqualTo(type);
      assertThat(output.data().mismatch(data)).isEqualTo(-1);
    }
  }

  @Test
  void carriesBytesUnchanged() {
    var all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    var strings = new byte[][] {{}, utf8("mill"), utf8("Mühle 水車 😀"), utf8("a\0b"), {}, all, {}};
    try (var model = open(FixtureModels.texts(folder))) {
      assertThat(Tensors.bytes(run(model, Tensors.bytes("x", Shape.of(7, 1), strings))))
          .isDeepEqualTo(strings);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mill", "Mühle", "😀", "a😀b"})
  void comparesTextInTheModelByItsBytes(String wanted) {
    var near = new byte[][] {utf8(wanted), utf8(wanted + "\0"), utf8("?"), {(byte) 0xf0}, {}};
    try (var model = open(FixtureModels.equalTo(folder, wanted))) {
      var output = run(model, Tensors.bytes("x", Shape.of(5, 1), near));
      assertThat(output.data().get(0)).isOne();
      assertThat(output.data().getInt(1)).isZero();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void givesBackWhatStringsTake() throws Exception {
    var large = Tensors.bytes("x", Shape.of(1, 1), new byte[4 << 20]);
    try (var model = open(FixtureModels.equalTo(folder, "mill"))) {
      run(model, large);
      long before = ProcessMemory.usedBytes();
      for (int i = 0; i < 20; i++) {
        run(model, large);
      }
      assertThat(ProcessMemory.usedBytes() - before).isLessThan(40 << 20);
    }
  }

  @Test
  void copiesOutputsWhoseShapeFollowsFromTheData() {
    try (var model = open(FixtureModels.nonZero(folder))) {
      var output = run(model, Tensors.floats("x", Shape.of(2, 4), 0, 1, 0, 0, 0, 0, 0, 2));
      assertThat(output.shape()).isEqualTo(Shape.of(2, 2));
      assertThat(Tensors.longs(output)).containsExactly(0, 1, 1, 3);
      var three = run(model, Tensors.floats("x", Shape.of(1, 4), 3, 0, 3, 3));
      assertThat(three.shape()).isEqualTo(Shape.of(3, 2));
      assertThat(Tensors.longs(three)).containsExactly(0, 0, 0, 2, 0, 3);
    }
  }

  @Test
  void answersInUnsignedIntegers() {
    try (var model = open(FixtureModels.unsigned(folder))) {
      var output = run(model, Tensors.row("x", 7, 4_000_000_000f));
      assertThat(output.type()).isEqualTo(DataType.UINT32);
      assertThat(Tensors.integers(output)).containsExactly(7, (int) 4_000_000_000L);
    }
  }

  @Test
  void runsRowsOfAnyLength() {
    try (var model = open(FixtureModels.anyLength(folder))) {
      assertThat(run(model, Tensors.row("x", 1, 2)).shape()).isEqualTo(Shape.of(1, 2));
      assertThat(run(model, Tensors.row("x", 1, 2, 3)).shape()).isEqualTo(Shape.of(1, 3));
    }
  }

  @Test
  void runsAFixedShape() {
    try (var model = open(FixtureModels.fixedShape(folder))) {
      assertThat(model.signature().batchable()).isFalse();
      var output = run(model, Tensors.floats("x", Shape.of(2, 3), 1, 2, 3, 4, 5, 6));
      assertThat(Tensors.floats(output)).containsExactly(1, 2, 3, 4, 5, 6);
    }
  }

  @Test
  void runsAConvolution() {
    try (var model = open(FixtureModels.convolution(folder))) {
      var output = run(model, Tensors.floats("image", Shape.of(2, 1, 28, 28), new float[1568]));
      assertThat(output.shape()).isEqualTo(Shape.of(2, 10));
      assertThat(Tensors.floats(output)).hasSize(20).doesNotContain(Float.NaN);
    }
  }

  @Test
  void saysWhichValueTheModelCannotTake() {
    try (var model = open(FixtureModels.lookup(folder));
        var batch = model.bind(List.of(Tensors.longs("index", Shape.of(1, 1), 99)))) {
      assertThatExceptionOfType(ValuesRefusedException.class)
          .isThrownBy(batch::run)
          .extracting(ValuesRefusedException::reason)
          .isEqualTo(
              "indices element out of data bounds, idx=99 must be within the inclusive range [-10,9]");
    }
  }

  private ExecutableModel open(Path file) {
    return new OnnxRuntime().open(file, Device.cpu(), RuntimeSettings.defaults());
  }

  /** The only output of one run; its memory is never given back, so that it stays. */
  private static Tensor run(ExecutableModel model, Tensor input) {
    try (var batch = model.bind(List.of(input))) {
      return batch.run().tensors().getFirst();
    }
  }
}
