package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.runtime.ValuesRefusedException;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session. Where every output's shape follows from the rows, results land in pooled slabs that
 * ONNX Runtime writes to directly; elsewhere they are copied out of its own memory.
 */
final class OnnxModel implements ExecutableModel {
  private static final String VALUES_MARK = "Status Message:";
  private static final Logger log = LoggerFactory.getLogger(OnnxModel.class);

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final Signature signature;
  private final String device;
  private final OutputSlabs slabs;

  /** Owned by the worker. */
  private boolean pinned;

  OnnxModel(OrtEnvironment environment, OrtSession session, Signature signature, String device) {
    this.environment = environment;
    this.session = session;
    this.signature = signature;
    this.device = device;
    slabs = new OutputSlabs(environment, signature.outputs());
    pinned = slabs.suits();
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public String device() {
    return device;
  }

  @Override
  public BoundBatch bind(List<Tensor> inputs) {
    var bound = new LinkedHashMap<String, OnnxTensor>();
    try {
      for (var input : inputs) {
        bound.put(input.name(), SessionTensors.input(environment, input));
      }
      return new Bound(bound, rowsOf(inputs));
    } catch (OrtException | RuntimeException e) {
      bound.values().forEach(OnnxTensor::close);
      throw new ModelRunException("ONNX Runtime refused the inputs: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    slabs.close();
    try {
      session.close();
    } catch (OrtException e) {
      log.warn("Session did not close", e);
    }
  }

  private static int rowsOf(List<Tensor> inputs) {
    var shape = inputs.isEmpty() ? null : inputs.getFirst().shape();
    return shape == null || shape.rank() == 0 ? 1 : Math.toIntExact(shape.dimension(0));
  }

  private RunOutputs run(Map<String, OnnxTensor> inputs, int rows) {
    try {
      return pinned && rows > 0 ? runPinned(inputs, rows) : runUnpinned(inputs);
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  /**
   * An operator that cannot take the values says so behind this mark; what precedes is internal.
   */
  private static ModelRunException failed(OrtException e) {
    var message = String.valueOf(e.getMessage());
    if (MemoryMessages.meanNoMemory(e)) {
      return new DeviceMemoryException("ONNX Runtime found no memory: " + message, e);
    }
    int mark = message.indexOf(VALUES_MARK);
    return e.getCode() == OrtException.OrtErrorCode.ORT_INVALID_ARGUMENT && mark >= 0
        ? new ValuesRefusedException(message.substring(mark + VALUES_MARK.length()).strip(), e)
        : new ModelRunException("ONNX Runtime failed: " + message, e);
  }

  /**
   * An open first dimension need not be the rows, though it nearly always is. Where it is not, ONNX
   * Runtime refuses the pinned result for its shape, and the model runs unpinned from then on.
   */
  private RunOutputs runPinned(Map<String, OnnxTensor> inputs, int rows) throws OrtException {
    var outputs = slabs.take(rows);
    try {
      session.run(inputs, outputs.pinned()).close();
      return outputs;
    } catch (OrtException e) {
      outputs.close();
      if (MemoryMessages.meanNoMemory(e)) {
        throw e;
      }
      var unpinned = runUnpinned(inputs);
      pinned = false;
      log.info("Results are copied, their shapes do not follow from the rows: {}", e.getMessage());
      return unpinned;
    }
  }

  private RunOutputs runUnpinned(Map<String, OnnxTensor> inputs) throws OrtException {
    try (var result = session.run(inputs)) {
      return new CopiedOutputs(SessionTensors.copied(result, signature.outputs()));
    }
  }

  private final class Bound implements BoundBatch {
    private final Map<String, OnnxTensor> inputs;
    private final int rows;

    Bound(Map<String, OnnxTensor> inputs, int rows) {
      this.inputs = inputs;
      this.rows = rows;
    }

    @Override
    public RunOutputs run() {
      return OnnxModel.this.run(inputs, rows);
    }

    @Override
    public void close() {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private record CopiedOutputs(List<Tensor> tensors) implements RunOutputs {
    @Override
    public void close() {}
  }
}
