package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;

import com.google.common.primitives.Longs;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.inference.WantedClasses;
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
  private final SharedRegions regions;
  private final int mostSharedBytes;

  /**
   * Takes memory from the allocator.
   *
   * @param mostSharedBytes that the inputs of one message may take of shared memory
   */
  InferDecoder(ByteBufAllocator allocator, SharedRegions regions, int mostSharedBytes) {
    this.allocator = allocator;
    this.regions = regions;
    this.mostSharedBytes = mostSharedBytes;
  }

  /** Throws InferenceException where the message contradicts the protocol or itself. */
  DecodedInfer decode(ModelInferRequest message, RequestOptions options) {
    var places = InputPlaces.of(message, regions);
    var form = form(message, places);
    var classes = TensorParameters.classes(message);
    var shared = SharedOutputs.of(message, regions);
    try (var data = data(message, form, places)) {
      return decode(message, options, form, classes, shared, data);
    } catch (Throwable failure) {
      shared.close();
      throw failure;
    }
  }

  private InputData data(ModelInferRequest message, Form form, InputPlaces places) {
    var inMessage = form == Form.RAW ? RawInputs.of(message, places) : new TypedInputs(message);
    return places.count() == 0
        ? inMessage
        : new SharedInputs(message, places, regions, inMessage, mostSharedBytes);
  }

  private DecodedInfer decode(
      ModelInferRequest message,
      RequestOptions options,
      Form form,
      WantedClasses classes,
      SharedOutputs shared,
      InputData data) {
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
      return new DecodedInfer(request, message.getId(), memory, form, classes, shared);
    } catch (Throwable failure) {
      memory.release();
      throw failure;
    }
  }

  private static Form form(ModelInferRequest message, InputPlaces places) {
    checkOncePlaced(message, places);
    if (message.getRawInputContentsCount() == 0) {
      return message.getInputsList().stream().anyMatch(InferInputTensor::hasContents)
          ? Form.TYPED
          : withoutContents(message, places);
    }
    checkOnlyRaw(message, places);
    return Form.RAW;
  }

  private static void checkOncePlaced(ModelInferRequest message, InputPlaces places) {
    for (int i = 0; i < message.getInputsCount(); i++) {
      if (places.has(i) && message.getInputs(i).hasContents()) {
        throw invalid(
            "contents field must not be specified when using shared memory for '%s' for model '%s'. Send one of the two."
                .formatted(message.getInputs(i).getName(), message.getModelName()));
      }
    }
  }

  /**
   * A message without any contents can only have inputs without elements, and those in shared
   * memory, to which Triton answers raw.
   */
  private static Form withoutContents(ModelInferRequest message, InputPlaces places) {
    return message.getInputsCount() == places.count() ? Form.RAW : Form.TYPED;
  }

  private static void checkOnlyRaw(ModelInferRequest message, InputPlaces places) {
    int inMessage = message.getInputsCount() - places.count();
    if (message.getRawInputContentsCount() != inMessage) {
      throw invalid(
          "The request for model '%s' has %d inputs%s but %d raw_input_contents; send one for each input, in their order."
              .formatted(
                  message.getModelName(),
                  inMessage,
                  places.count() == 0 ? "" : " that are not in shared memory",
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
