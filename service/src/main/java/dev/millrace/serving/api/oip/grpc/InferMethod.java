package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.edge.grpc.InferCodec;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.time.NanoClock;
import io.grpc.Context;
import io.grpc.Deadline;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * ModelInfer, on the event loop of its connection. It gets and sends messages as bytes: see {@link
 * PlainRequests} and {@link PlainAnswers} for what is then not done.
 */
final class InferMethod implements InferCodec<DecodedInfer> {
  private final PlainRequests plain = new PlainRequests(PooledByteBufAllocator.DEFAULT);
  private final InferDecoder decoder;
  private final InferenceService inference;
  private final MessageLimits limits;

  InferMethod(InferenceService inference, SharedRegions regions, GrpcSettings settings) {
    decoder = new InferDecoder(PooledByteBufAllocator.DEFAULT, regions, settings.maxMessageBytes());
    this.inference = inference;
    limits = new MessageLimits(settings.maxMessageBytes());
  }

  @Override
  public String method() {
    return "ModelInfer";
  }

  InferenceService inference() {
    return inference;
  }

  @Override
  public DecodedInfer decode(InputStream stream) throws IOException {
    return decode(stream, _ -> {});
  }

  /** The same; a message that is parsed is shown before it can be refused. */
  DecodedInfer decode(InputStream stream, Consumer<ModelInferRequest> parsed) throws IOException {
    var deadline = Context.current().getDeadline();
    var simple = plain.read(stream, RequestOptions.of(deadline, NanoClock.SYSTEM).deadlineNanos());
    return simple == null ? decodeAny(stream, deadline, parsed) : simple;
  }

  @Override
  public InputStream encode(InferenceAnswer answer, DecodedInfer request) {
    var shown = request.classes().in(answer);
    var plain = request.wantsPlain() ? PlainAnswers.encode(shown, request.id()) : null;
    return plain == null
        ? GRPCInferenceServiceGrpc.getModelInferMethod()
            .streamResponse(InferEncoder.encode(shown, request))
        : plain;
  }

  private DecodedInfer decodeAny(
      InputStream stream, @Nullable Deadline deadline, Consumer<ModelInferRequest> parsed) {
    var message =
        GRPCInferenceServiceGrpc.getModelInferMethod().parseRequest(limits.checked(stream));
    parsed.accept(message);
    try {
      return decoder.decode(
          message, RequestOptions.of(message, deadline, NanoClock.SYSTEM.nanos()));
    } catch (InferenceException refusal) {
      count(message);
      throw refusal;
    }
  }

  private void count(ModelInferRequest refused) {
    var version = refused.getModelVersion();
    inference.countUnreadable(refused.getModelName(), version.isEmpty() ? null : version);
  }
}
