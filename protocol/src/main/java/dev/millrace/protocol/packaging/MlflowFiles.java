package dev.millrace.protocol.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The files that make a package an MLflow model of the flavours onnx and python_function. */
final class MlflowFiles {
  // What the package was loaded with by MLflow's own client, in the tests.
  private static final String MLFLOW = "3.17.2";
  private static final String ONNX = "1.23.2";
  private static final String ONNX_RUNTIME = "1.28.0";
  private static final String PYTHON = "3.11.7";

  private static final List<String> REQUIREMENTS =
      List.of("mlflow==" + MLFLOW, "onnx==" + ONNX, "onnxruntime==" + ONNX_RUNTIME);
  private static final DateTimeFormatter CREATED =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);
  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  private MlflowFiles() {}

  static void write(Path folder, PackageContents contents) throws IOException {
    boolean hasExample = !contents.golden().examples().isEmpty();
    YAML.writeValue(folder.resolve("MLmodel"), model(contents, hasExample));
    Files.write(folder.resolve("requirements.txt"), REQUIREMENTS);
    YAML.writeValue(folder.resolve("conda.yaml"), conda());
    YAML.writeValue(folder.resolve("python_env.yaml"), pythonEnvironment());
    if (hasExample) {
      writeInputExample(folder, contents.golden().examples().getFirst());
    }
  }

  private static Map<String, Object> model(PackageContents contents, boolean hasExample)
      throws IOException {
    var model = new LinkedHashMap<String, Object>();
    model.put("artifact_path", "model");
    model.put("flavors", flavors(contents.manifest().modelFile()));
    model.put("is_signature_from_type_hint", false);
    model.put("mlflow_version", MLFLOW);
    model.put("model_size_bytes", Files.size(contents.model()));
    model.put("model_uuid", UUID.randomUUID().toString().replace("-", ""));
    model.put("run_id", contents.origin().runId());
    if (hasExample) {
      model.put("saved_input_example_info", exampleInfo());
    }
    model.put("signature", signature(contents.manifest()));
    model.put(
        "utc_time_created", CREATED.format(contents.origin().createdAt().atOffset(ZoneOffset.UTC)));
    return model;
  }

  private static Map<String, Object> flavors(String modelFile) {
    var onnx = new LinkedHashMap<String, Object>();
    onnx.put("data", modelFile);
    onnx.put("onnx_version", ONNX);
    onnx.put("providers", List.of("CUDAExecutionProvider", "CPUExecutionProvider"));
    var python = new LinkedHashMap<String, Object>();
    python.put("data", modelFile);
    python.put("env", Map.of("conda", "conda.yaml", "virtualenv", "python_env.yaml"));
    python.put("loader_module", "mlflow.onnx");
    python.put("python_version", PYTHON);
    var flavors = new LinkedHashMap<String, Object>();
    flavors.put("onnx", onnx);
    flavors.put("python_function", python);
    return flavors;
  }

  private static Map<String, Object> signature(ModelManifest manifest) {
    var signature = new LinkedHashMap<String, Object>();
    signature.put("inputs", PackageJson.text(tensorSpecs(manifest.inputs())));
    signature.put("outputs", PackageJson.text(tensorSpecs(manifest.outputs())));
    return signature;
  }

  private static List<Map<String, Object>> tensorSpecs(List<TensorDescription> tensors) {
    return tensors.stream().map(MlflowFiles::tensorSpec).toList();
  }

  private static Map<String, Object> tensorSpec(TensorDescription tensor) {
    var specification = new LinkedHashMap<String, Object>();
    specification.put("name", tensor.name());
    specification.put("type", "tensor");
    specification.put(
        "tensor-spec",
        Map.of("dtype", Datatypes.numpy(tensor.datatype()), "shape", tensor.shape()));
    return specification;
  }

  private static Map<String, Object> exampleInfo() {
    var info = new LinkedHashMap<String, Object>();
    info.put("artifact_path", "input_example.json");
    info.put("serving_input_path", "serving_input_example.json");
    info.put("type", "ndarray");
    return info;
  }

  private static void writeInputExample(Path folder, GoldenExample example) {
    var inputs = new LinkedHashMap<String, Object>();
    example.inputs().forEach(input -> inputs.put(input.name(), nested(input, 0, 0)));
    PackageJson.write(folder.resolve("input_example.json"), inputs);
    PackageJson.write(folder.resolve("serving_input_example.json"), Map.of("inputs", inputs));
  }

  /** The numbers of one tensor as lists in lists, the way Python prints arrays. */
  private static Object nested(TensorValue tensor, int axis, int start) {
    if (axis == tensor.shape().size()) {
      return TensorNumbers.boxed(tensor, start);
    }
    int stride = 1;
    for (int later = axis + 1; later < tensor.shape().size(); later++) {
      stride *= Math.toIntExact(tensor.shape().get(later));
    }
    var values = new ArrayList<Object>();
    for (int i = 0; i < tensor.shape().get(axis); i++) {
      values.add(nested(tensor, axis + 1, start + i * stride));
    }
    return values;
  }

  private static Map<String, Object> conda() {
    var conda = new LinkedHashMap<String, Object>();
    conda.put("name", "mlflow-env");
    conda.put("channels", List.of("conda-forge"));
    conda.put("dependencies", List.of("python=" + PYTHON, "pip", Map.of("pip", REQUIREMENTS)));
    return conda;
  }

  private static Map<String, Object> pythonEnvironment() {
    var environment = new LinkedHashMap<String, Object>();
    environment.put("python", PYTHON);
    environment.put("build_dependencies", List.of("pip", "setuptools", "wheel"));
    environment.put("dependencies", List.of("-r requirements.txt"));
    return environment;
  }
}
