package dev.millrace.serving.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.packaging.SignatureColumn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MlmodelFileTest {
  @Test
  void findsTheModelOfTheOnnxFlavour() {
    // As mlflow.onnx.log_model of MLflow 3 writes it.
    var text =
        """
        artifact_path: mlflow-artifacts:/1/models/m-0a/artifacts
        flavors:
          onnx:
            code: null
            data: model.onnx
            onnx_version: 1.20.0
            options: null
            providers:
            - CUDAExecutionProvider
            - CPUExecutionProvider
            save_as_external_data: true
          python_function:
            data: model.onnx
            env:
              conda: conda.yaml
            loader_module: mlflow.onnx
        mlflow_version: 3.7.0
        signature:
          inputs: '[{"type": "tensor", "name": "data:", "flavors:": 1}]'
        """;
    var file = MlmodelFile.parse(text.lines().toList());
    assertThat(file.onnxFile()).contains("model.onnx");
    assertThat(file.flavors()).containsExactly("onnx", "python_function");
  }

  @Test
  void takesNoDataOfAnotherFlavour() {
    var text =
        """
        flavors:
          python_function:
            data: model.pkl
          sklearn:
            pickled_model: model.pkl
        """;
    var file = MlmodelFile.parse(text.lines().toList());
    assertThat(file.onnxFile()).isEmpty();
    assertThat(file.flavors()).containsExactly("python_function", "sklearn");
  }

  @Test
  void readsOtherIndentationAndQuotes() {
    var text = "flavors:\n    onnx:\n        data: 'my model.onnx'\n";
    assertThat(MlmodelFile.parse(text.lines().toList()).onnxFile()).contains("my model.onnx");
  }

  @Test
  void readsTheInputsOfTheSignatureAcrossLines() {
    var text =
        """
        signature:
          inputs: '[{"type": "double", "name": "petal width''s"}, {"type": "double",
            "name": "b"}]'
          outputs: '[{"type": "long"}]'
        utc_time_created: '2026'
        """;
    var inputs = MlmodelFile.parse(text.lines().toList()).inputs();
    assertThat(SignatureColumn.of(inputs))
        .extracting(SignatureColumn::name)
        .containsExactly("petal width's", "b");
  }

  @Test
  void findsNoColumnsInOtherSignatures() {
    assertThat(SignatureColumn.of("")).isEmpty();
    assertThat(SignatureColumn.of("[{")).isEmpty();
    assertThat(SignatureColumn.of("{\"a\":1}")).isEmpty();
    assertThat(SignatureColumn.of("[{\"type\":\"tensor\",\"name\":\"x\"}]")).isEmpty();
    assertThat(SignatureColumn.of("[{\"type\":\"double\"}]")).isEmpty();
  }

  @Test
  void refusesWhatIsNoText(@TempDir Path folder) throws IOException {
    var file = Files.write(folder.resolve("MLmodel"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertThatThrownBy(() -> MlmodelFile.read(file)).hasMessageContaining("is not UTF-8 text");
  }
}
