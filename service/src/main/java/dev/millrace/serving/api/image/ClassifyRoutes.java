package dev.millrace.serving.api.image;

import static org.springframework.web.reactive.function.server.RequestPredicates.POST;
import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import dev.millrace.serving.api.edge.ErrorBody;
import dev.millrace.serving.api.edge.HttpStatuses;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import java.util.concurrent.Executor;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** {@code POST /models/{model}/classify}: a PNG or JPEG in, the most probable classes out. */
public final class ClassifyRoutes {
  private static final int UNSUPPORTED_MEDIA_TYPE = 415;
  private static final int CONTENT_TOO_LARGE = 413;

  private final PictureClassifier classifier;
  private final PictureSettings settings;
  private final Scheduler blocking;

  /** Decodes and waits on the threads of {@code blocking}. */
  public ClassifyRoutes(
      ModelCatalog catalog,
      InferenceService inference,
      PictureSettings settings,
      Executor blocking) {
    this.classifier = new PictureClassifier(catalog, inference, settings);
    this.settings = settings;
    this.blocking = Schedulers.fromExecutor(blocking);
  }

  /** For the router. */
  public RouterFunction<ServerResponse> routes() {
    return route(POST("/models/{model}/classify"), this::classify);
  }

  private Mono<ServerResponse> classify(ServerRequest request) {
    var model = request.pathVariable("model");
    return DataBufferUtils.join(request.body(BodyExtractors.toDataBuffers()), settings.maxBytes())
        .map(ClassifyRoutes::bytes)
        .defaultIfEmpty(new byte[0])
        .flatMap(file -> classification(model, file))
        .flatMap(classification -> json(200, classification))
        .onErrorResume(
            InferenceException.class,
            refusal -> error(HttpStatuses.of(refusal.failure()), refusal.failure().message()))
        .onErrorResume(
            NotAPictureException.class,
            refusal -> error(UNSUPPORTED_MEDIA_TYPE, String.valueOf(refusal.getMessage())))
        .onErrorResume(DataBufferLimitException.class, _ -> error(CONTENT_TOO_LARGE, tooLarge()));
  }

  private Mono<Classification> classification(String model, byte[] file) {
    return Mono.fromCallable(() -> classifier.classify(model, file)).subscribeOn(blocking);
  }

  private String tooLarge() {
    return "The body is larger than %d bytes, the most that is taken for a picture. Send a smaller one."
        .formatted(settings.maxBytes());
  }

  private static byte[] bytes(DataBuffer buffer) {
    var bytes = new byte[buffer.readableByteCount()];
    buffer.read(bytes);
    DataBufferUtils.release(buffer);
    return bytes;
  }

  private static Mono<ServerResponse> error(int status, String message) {
    return json(status, new ErrorBody(message));
  }

  private static Mono<ServerResponse> json(int status, Object body) {
    return ServerResponse.status(status).contentType(MediaType.APPLICATION_JSON).bodyValue(body);
  }
}
