package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.edge.FastRequest;
import dev.millrace.serving.api.edge.TargetPath;
import dev.millrace.serving.api.json.Dialect;
import dev.millrace.serving.api.json.ModelTarget;
import dev.millrace.serving.api.json.Question;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelDescription;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * {@code POST /invocations} as MLflow's scoring server and SageMaker have it, and {@code POST
 * /models/{model}/invoke}, which is the same for a named model.
 */
public final class InvocationsDialect implements Dialect {
  /** Of both protocols; later nobody waits for the answer. */
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private static final String PATH = "/invocations";
  private static final String PREFIX = "/models/";
  private static final String SUFFIX = "/invoke";
  private static final int UNSUPPORTED_MEDIA_TYPE = 415;

  private final ModelChoice choice;

  /** For the model of this choice where the path names none. */
  public InvocationsDialect(ModelChoice choice) {
    this.choice = choice;
  }

  @Override
  public boolean takes(String uri) {
    var path = TargetPath.withoutHost(uri);
    int end = TargetPath.end(path);
    return (end == PATH.length() && path.startsWith(PATH)) || namesModel(path, end);
  }

  @Override
  public List<String> patterns() {
    return List.of(PATH, PREFIX + "{model}" + SUFFIX);
  }

  private static boolean namesModel(String path, int end) {
    return path.startsWith(PREFIX)
        && path.startsWith(SUFFIX, end - SUFFIX.length())
        && path.indexOf('/', PREFIX.length()) == end - SUFFIX.length()
        && end - SUFFIX.length() > PREFIX.length();
  }

  @Override
  public ModelTarget target(String uri, HttpHeaders headers) {
    var path = TargetPath.withoutHost(uri);
    int end = TargetPath.end(path);
    var model =
        namesModel(path, end)
            ? TargetPath.decoded(path.substring(PREFIX.length(), end - SUFFIX.length()))
            : choice.model(headers);
    return new ModelTarget(model, null);
  }

  @Override
  public Optional<FullHttpResponse> refusal(HttpHeaders headers) {
    var refusal = ContentKind.refusal(headers.get(HttpHeaderNames.CONTENT_TYPE));
    return refusal.isEmpty()
        ? Optional.empty()
        : Optional.of(ScoringError.response(UNSUPPORTED_MEDIA_TYPE, refusal));
  }

  @Override
  public Question read(
      FastRequest request, ByteBuf body, ModelDescription model, RequestTensors memory) {
    return switch (ContentKind.of(request.headers().get(HttpHeaderNames.CONTENT_TYPE))) {
      case CSV -> CsvBody.read(body, model, memory);
      case JSON -> ScoringBody.read(body, model, memory);
      case OTHER -> throw new IllegalStateException("The content type was not checked");
    };
  }

  @Override
  public long timeoutNanos() {
    return TIMEOUT.toNanos();
  }

  @Override
  public FullHttpResponse error(InferenceFailure failure) {
    return ScoringError.response(failure);
  }

  @Override
  public void echo(HttpHeaders request, FullHttpResponse response) {
    CustomAttributes.echo(request, response);
  }
}
