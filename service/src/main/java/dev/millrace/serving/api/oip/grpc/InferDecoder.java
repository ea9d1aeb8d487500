package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;

import com.google.common.primitives.Longs;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Turns a ModelInfer message into a request whose tensors lie in pooled direct memory. */
final class InferDecoder {
  private static final int ALIGNMENT = 8;

  private final ByteBufAllocator allocator;

  InferDecoder(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** Throws InferenceException where the message contradicts the protocol or itself. */
  DecodedInfer decode(ModelInferRequest message, RequestOptions options) {
    var form = form(message);
    var classes = TensorParameters.classes(message);
    var data = form == Form.RAW ? new RawInputs(message) : new TypedInputs(message);
    var plans = plans(message, data);
    var memory = allocator.directBuffer(Math.max(ALIGNMENT, totalBytes(plans)));
    try {
      var request =
          new InferenceRequest(
              message.getModelName(),
              message.getModelVersion().isEmpty() ? null : message.getModelVersion(),
              fill(plans, data, memory),
              outputs(message),
              options.deadlineNanos(),
              options.priority(),
              options.cacheUse(),
              options.sequence());
      return new DecodedInfer(request, message.getId(), memory, form, classes);
    } catch (Throwable failure) {
      memory.release();
      throw failure;
    }
  }

  private static Form form(ModelInferRequest message) {
    if (message.getRawInputContentsCount() == 0) {
      return message.getInputsList().stream().anyMatch(InferInputTensor::hasContents)
          ? Form.TYPED
          : withoutContents(message);
    }
    checkOnlyRaw(message);
    return Form.RAW;
  }

  /** A message without any contents can only have inputs without elements. */
  private static Form withoutContents(ModelInferRequest message) {
    return message.getInputsCount() == 0 ? Form.RAW : Form.TYPED;
  }

  private static void checkOnlyRaw(ModelInferRequest message) {
    if (message.getRawInputContentsCount() != message.getInputsCount()) {
      throw invalid(
          "The request for model '%s' has %d inputs but %d raw_input_contents; send one for each input, in their order."
              .formatted(
                  message.getModelName(),
                  message.getInputsCount(),
                  message.getRawInputContentsCount()));
    }
    for (var input : message.getInputsList()) {
      if (input.hasContents()) {
        throw invalid(
            "contents field must not be specified when using raw_input_contents for '%s' for model '%s'. Send one of the two."
                .formatted(input.getName(), message.getModelName()));
      }
    }
  }

  private static List<InputPlan> plans(ModelInferRequest message, InputData data) {
    var plans = new ArrayList<InputPlan>(message.getInputsCount());
    for (int i = 0; i < message.getInputsCount(); i++) {
      plans.add(plan(message.getInputs(i), i, data));
    }
    return plans;
  }

  private static InputPlan plan(InferInputTensor input, int index, InputData data) {
    TensorParameters.refuseSharedMemory(input.getName(), input.getParametersMap());
    var type = DataType.named(input.getDatatype()).orElseThrow(() -> unknownType(input));
    var shape = shape(input);
    return new InputPlan(
        input.getName(), type, shape, data.sizeBytes(index, type, elementCount(input, shape)));
  }

  private static Shape shape(InferInputTensor input) {
    var dimensions = Longs.toArray(input.getShapeList());
    if (Arrays.stream(dimensions).anyMatch(dimension -> dimension < 0)) {
      throw invalid(
          "Input '%s' has shape %s; the shape of a request has no negative dimension."
              .formatted(input.getName(), input.getShapeList()));
    }
    return Shape.of(dimensions);
  }

  private static long elementCount(InferInputTensor input, Shape shape) {
    try {
      return shape.elementCount();
    } catch (ArithmeticException _) {
      throw invalid(
          "Input '%s' has shape %s, more elements than can be counted."
              .formatted(input.getName(), shape));
    }
  }

  private static int totalBytes(List<InputPlan> plans) {
    long total = 0;
    for (var plan : plans) {
      total += aligned(plan.sizeBytes());
    }
    return Math.toIntExact(total);
  }

  private static List<Tensor> fill(List<InputPlan> plans, InputData data, ByteBuf memory) {
    var tensors = new ArrayList<Tensor>(plans.size());
    int offset = 0;
    for (int i = 0; i < plans.size(); i++) {
      var plan = plans.get(i);
      var buffer = memory.nioBuffer(offset, plan.sizeBytes()).order(ByteOrder.LITTLE_ENDIAN);
      data.write(i, plan.type(), buffer);
      tensors.add(new Tensor(plan.name(), plan.type(), plan.shape(), buffer.flip()));
      offset += aligned(plan.sizeBytes());
    }
    return tensors;
  }

  private static List<String> outputs(ModelInferRequest message) {
    return message.getOutputsList().stream().map(InferRequestedOutputTensor::getName).toList();
  }

  private static int aligned(int sizeBytes) {
    return Math.addExact(sizeBytes, ALIGNMENT - 1) & -ALIGNMENT;
  }

  private static InferenceException unknownType(InferInputTensor input) {
    return invalid(
        "Input '%s' has datatype '%s'; the protocol has %s."
            .formatted(input.getName(), input.getDatatype(), Arrays.toString(DataType.values())));
  }

  private record InputPlan(String name, DataType type, Shape shape, int sizeBytes) {}
}
