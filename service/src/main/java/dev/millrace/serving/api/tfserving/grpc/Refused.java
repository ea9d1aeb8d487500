package dev.millrace.serving.api.tfserving.grpc;

import dev.millrace.serving.api.edge.grpc.GrpcStatuses;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** Refusals of a message. */
final class Refused {
  private Refused() {}

  static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }

  static InferenceException notFound(String message) {
    return new InferenceException(new InferenceFailure.NotFound(message));
  }

  /** Tells the client the answer, or why there is none. */
  static <T> void replyOrRefuse(StreamObserver<T> client, Supplier<T> answer) {
    try {
      client.onNext(answer.get());
      client.onCompleted();
    } catch (InferenceException refusal) {
      client.onError(GrpcStatuses.of(refusal.failure()).asException());
    }
  }
}
