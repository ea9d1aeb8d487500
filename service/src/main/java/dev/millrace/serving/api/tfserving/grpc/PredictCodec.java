package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.api.tfserving.grpc.Refused.invalid;

import dev.millrace.protocol.tfs.ModelSpec;
import dev.millrace.protocol.tfs.PredictRequest;
import dev.millrace.protocol.tfs.PredictResponse;
import dev.millrace.protocol.tfs.PredictionServiceGrpc;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.api.edge.grpc.CallDeadline;
import dev.millrace.serving.api.edge.grpc.InferCodec;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import io.grpc.Status;
import io.grpc.StatusException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Predict: reads its messages into pooled direct memory and writes its answers. */
final class PredictCodec implements InferCodec<DecodedPredict> {
  private static final int ALIGNMENT = 8;

  private final InferenceService inference;
  private final ModelCatalog catalog;
  private final MessageCost cost;
  private final LiveLabels labels;
  private final int maxTensorBytes;

  PredictCodec(
      InferenceService inference, ModelCatalog catalog, LiveLabels labels, int maxMessageBytes) {
    this.labels = labels;
    this.inference = inference;
    this.catalog = catalog;
    cost = new MessageCost(PredictRequest.getDescriptor(), maxMessageBytes);
    maxTensorBytes = maxMessageBytes;
  }

  @Override
  public String method() {
    return "Predict";
  }

  @Override
  public DecodedPredict decode(InputStream stream) throws StatusException {
    var message = PredictionServiceGrpc.getPredictMethod().parseRequest(cost.checked(stream));
    try {
      return decode(message);
    } catch (InferenceException | StatusException refusal) {
      count(message.getModelSpec());
      throw refusal;
    }
  }

  @Override
  public InputStream encode(InferenceAnswer answer, DecodedPredict request) {
    var spec = Servable.spec(answer.model(), answer.version()).toBuilder();
    var response =
        PredictResponse.newBuilder().setModelSpec(spec.setSignatureName(Servable.SIGNATURE));
    for (var output : answer.outputs()) {
      response.putOutputs(output.name(), TensorOutput.of(output));
    }
    return PredictionServiceGrpc.getPredictMethod().streamResponse(response.build());
  }

  @Override
  public InferenceFailure inItsWords(InferenceFailure failure, DecodedPredict request) {
    return request.servable().inItsWords(failure);
  }

  private DecodedPredict decode(PredictRequest message) throws StatusException {
    if (!message.hasModelSpec()) {
      throw invalid("Missing ModelSpec");
    }
    var servable = Servable.of(message.getModelSpec(), labels);
    var model = servable.describedBy(catalog);
    checkSignature(message.getModelSpec().getSignatureName());
    SignatureNames.check(message, model.signature());
    var inputs = inputs(message);
    var memory = PooledByteBufAllocator.DEFAULT.directBuffer(totalBytes(inputs));
    try {
      return new DecodedPredict(servable, request(servable, message, fill(inputs, memory)), memory);
    } catch (Throwable failure) {
      memory.release();
      throw failure;
    }
  }

  private static void checkSignature(String name) throws StatusException {
    if (!name.isEmpty() && !name.equals(Servable.SIGNATURE)) {
      throw Status.FAILED_PRECONDITION
          .withDescription("Serving signature key \"%s\" not found.".formatted(name))
          .asException();
    }
  }

  private List<TensorInput> inputs(PredictRequest message) {
    var inputs = new ArrayList<TensorInput>(message.getInputsCount());
    long left = maxTensorBytes;
    for (var entry : message.getInputsMap().entrySet()) {
      var input = TensorInput.of(entry.getKey(), entry.getValue(), left);
      inputs.add(input);
      left -= input.sizeBytes();
    }
    return inputs;
  }

  private static int totalBytes(List<TensorInput> inputs) {
    // Never of no bytes, for which Netty hands out one buffer that all share.
    long total = ALIGNMENT;
    for (var input : inputs) {
      total += aligned(input.sizeBytes());
    }
    return Math.toIntExact(total);
  }

  private static List<Tensor> fill(List<TensorInput> inputs, ByteBuf memory) {
    var tensors = new ArrayList<Tensor>(inputs.size());
    int offset = 0;
    for (var input : inputs) {
      var buffer = memory.nioBuffer(offset, input.sizeBytes()).order(ByteOrder.LITTLE_ENDIAN);
      input.write(buffer);
      tensors.add(new Tensor(input.name(), input.type(), input.shape(), buffer.flip()));
      offset += aligned(input.sizeBytes());
    }
    return tensors;
  }

  private static InferenceRequest request(
      Servable servable, PredictRequest message, List<Tensor> tensors) {
    return new InferenceRequest(
        servable.model(),
        servable.version(),
        tensors,
        List.copyOf(message.getOutputFilterList()),
        CallDeadline.nanos(NanoClock.SYSTEM),
        0);
  }

  private static int aligned(int sizeBytes) {
    return Math.addExact(sizeBytes, ALIGNMENT - 1) & -ALIGNMENT;
  }

  private void count(ModelSpec refused) {
    inference.countUnreadable(
        refused.getName(),
        refused.hasVersion() ? Long.toString(refused.getVersion().getValue()) : null);
  }
}
