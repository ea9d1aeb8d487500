package dev.millrace.serving.modelconfig;

import com.google.common.primitives.Longs;
import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelDynamicBatching;
import dev.millrace.protocol.oip.ModelInput;
import dev.millrace.protocol.oip.ModelOutput;
import dev.millrace.protocol.oip.ModelTensorReshape;
import dev.millrace.protocol.oip.ModelVersionPolicy;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fills in what a configuration leaves out, as Triton does for ONNX models. */
public final class CompletedConfig {
  private static final String PLATFORM = "onnxruntime_onnx";
  private static final String BACKEND = "onnxruntime";

  private CompletedConfig() {}

  /**
   * The whole configuration of a model that is served.
   *
   * @param declared null where there is none
   * @param served the signature as clients see it
   * @param maxBatchRows rows that share a run where the configuration does not say
   * @param fileName of the model's file
   */
  public static ModelConfig of(
      String model,
      @Nullable DeclaredConfig declared,
      Signature served,
      int maxBatchRows,
      String fileName) {
    var config = declared == null ? ModelConfig.newBuilder() : declared.message().toBuilder();
    boolean complete = declared != null && declared.declaresTensors();
    config.setName(model).setPlatform(PLATFORM).setBackend(BACKEND);
    if (!config.hasVersionPolicy()) {
      config.setVersionPolicy(latest());
    }
    if (config.getMaxBatchSize() == 0 && served.batchable()) {
      config.setMaxBatchSize(maxBatchRows);
    }
    boolean rows = served.batchable() && config.getMaxBatchSize() > 0;
    if (config.getInputCount() == 0) {
      config.addAllInput(served.inputs().stream().map(spec -> input(spec, rows)).toList());
    }
    if (config.getOutputCount() == 0) {
      config.addAllOutput(served.outputs().stream().map(spec -> output(spec, rows)).toList());
    }
    if (!complete && config.getMaxBatchSize() > 1 && !config.hasDynamicBatching()) {
      config.setDynamicBatching(ModelDynamicBatching.getDefaultInstance());
    }
    if (config.getDefaultModelFilename().isEmpty()) {
      config.setDefaultModelFilename(fileName);
    }
    return config.build();
  }

  /** The whole configuration of an ensemble, which says everything but a version policy itself. */
  public static ModelConfig ofEnsemble(String model, DeclaredConfig declared) {
    var config = declared.message().toBuilder().setName(model);
    if (!config.hasVersionPolicy()) {
      config.setVersionPolicy(latest());
    }
    return config.build();
  }

  /**
   * The same for a file: what has no dimension but its rows is declared as one element that is
   * reshaped, for a configuration cannot name no dimension at all.
   */
  public static ModelConfig forFile(
      String model, Signature signature, int maxBatchRows, String fileName) {
    var config = of(model, null, signature, maxBatchRows, fileName).toBuilder();
    boolean rows = config.getMaxBatchSize() > 0;
    for (var input : config.getInputBuilderList()) {
      if (input.getDimsCount() == 0) {
        input.addDims(1);
        if (rows) {
          input.setReshape(ModelTensorReshape.getDefaultInstance());
        }
      }
    }
    for (var output : config.getOutputBuilderList()) {
      if (output.getDimsCount() == 0) {
        output.addDims(1);
        if (rows) {
          output.setReshape(ModelTensorReshape.getDefaultInstance());
        }
      }
    }
    return config.build();
  }

  private static ModelVersionPolicy latest() {
    return ModelVersionPolicy.newBuilder()
        .setLatest(ModelVersionPolicy.Latest.newBuilder().setNumVersions(1))
        .build();
  }

  private static ModelInput input(TensorSpec spec, boolean rows) {
    return ModelInput.newBuilder()
        .setName(spec.name())
        .setDataType(DataTypes.configured(spec.type()))
        .addAllDims(dims(spec.shape(), rows))
        .build();
  }

  private static ModelOutput output(TensorSpec spec, boolean rows) {
    return ModelOutput.newBuilder()
        .setName(spec.name())
        .setDataType(DataTypes.configured(spec.type()))
        .addAllDims(dims(spec.shape(), rows))
        .build();
  }

  private static List<Long> dims(Shape shape, boolean rows) {
    var all = Longs.asList(shape.toArray());
    return rows ? all.subList(1, all.size()) : all;
  }
}
