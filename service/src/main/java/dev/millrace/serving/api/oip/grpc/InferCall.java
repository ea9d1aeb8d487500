package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.serving.api.edge.ServerTiming;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceReply;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One ModelInfer call that waits for its outcome. */
final class InferCall implements InferenceReply {
  private static final Logger log = LoggerFactory.getLogger(InferCall.class);

  private final ServerCallStreamObserver<ModelInferResponse> client;
  private final DecodedInfer decoded;
  private final String id;
  private final Executor home;
  private final TimedAnswers.Headers headers;

  InferCall(
      ServerCallStreamObserver<ModelInferResponse> client,
      DecodedInfer decoded,
      String id,
      Executor home,
      TimedAnswers.Headers headers) {
    this.client = client;
    this.decoded = decoded;
    this.id = id;
    this.home = home;
    this.headers = headers;
  }

  @Override
  public Executor home() {
    return home;
  }

  @Override
  public boolean cancelled() {
    return client.isCancelled();
  }

  @Override
  public void answered(InferenceAnswer answer) {
    try (answer) {
      if (!client.isCancelled()) {
        send(answer);
      }
    } catch (RuntimeException | Error failure) {
      // The outermost handler of an answer: whatever broke, the client hears of it and no worker or
      // event loop dies of it.
      log.error("Answer not sent: model={}", answer.model(), failure);
      client.onError(
          Status.INTERNAL.withDescription("The answer could not be sent.").asException());
    } finally {
      decoded.memory().release();
    }
  }

  private void send(InferenceAnswer answer) {
    long startNanos = System.nanoTime();
    var message = InferEncoder.encode(answer, id, decoded.form());
    headers.timing(ServerTiming.of(answer, System.nanoTime() - startNanos));
    client.onNext(message);
    client.onCompleted();
  }

  @Override
  public void failed(InferenceFailure failure) {
    decoded.memory().release();
    client.onError(GrpcStatuses.of(failure).asException());
  }
}
