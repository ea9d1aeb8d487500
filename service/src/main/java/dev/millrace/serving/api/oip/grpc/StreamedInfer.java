package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceReply;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request of a stream, from its message to its answer; on the loop of the connection. */
final class StreamedInfer implements InferenceReply {
  private static final Logger log = LoggerFactory.getLogger(StreamedInfer.class);

  private final StreamCall stream;
  private final ModelInferResponse.Builder names = ModelInferResponse.newBuilder();

  /** The request, until it is answered. */
  private @Nullable DecodedInfer decoded;

  private @Nullable EncodedMessage answer;

  StreamedInfer(StreamCall stream) {
    this.stream = stream;
  }

  /** Learns whom a failure is about, from a message that may be refused yet. */
  void identify(ModelInferRequest message) {
    identify(message.getModelName(), message.getModelVersion(), message.getId());
  }

  private void identify(String model, String version, String id) {
    names.setModelName(model).setModelVersion(version).setId(id);
  }

  /** Takes over the request, whose memory is counted; gives both back once it is answered. */
  void take(DecodedInfer request) {
    decoded = request;
    var version = request.request().version();
    identify(request.request().model(), version == null ? "" : version, request.id());
  }

  /** The message to be sent; null as long as there is none. */
  @Nullable EncodedMessage answer() {
    return answer;
  }

  @Override
  public Executor home() {
    return stream.home();
  }

  @Override
  public boolean cancelled() {
    return stream.isCancelled();
  }

  @Override
  public void answered(InferenceAnswer inferred) {
    try (inferred) {
      if (!stream.isClosed()) {
        answer = StreamAnswers.of(inferred, Objects.requireNonNull(decoded));
      }
    } catch (InferenceException refusal) {
      answer = StreamAnswers.failure(refusal.failure().message(), names);
    } catch (RuntimeException | Error failure) {
      // The outermost handler of an answer: whatever broke, the client hears of it and no worker or
      // event loop dies of it.
      log.error("Answer not sent: model={}", names.getModelName(), failure);
      answer = StreamAnswers.failure("The answer could not be sent.", names);
    } finally {
      release();
    }
    stream.answered(this);
  }

  @Override
  public void failed(InferenceFailure failure) {
    release();
    fail(failure.message());
  }

  /** Answers with the reason why there is no answer. */
  void fail(String message) {
    answer = StreamAnswers.failure(message, names);
    stream.answered(this);
  }

  private void release() {
    var request = decoded;
    if (request != null) {
      decoded = null;
      int bytes = request.memory().capacity();
      request.release();
      stream.memory().letGo(bytes);
    }
  }
}
