package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.edge.FastRequest;
import dev.millrace.serving.api.edge.FastResponses;
import dev.millrace.serving.api.edge.HttpStatuses;
import dev.millrace.serving.api.json.Dialect;
import dev.millrace.serving.api.json.ModelTarget;
import dev.millrace.serving.api.json.Question;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelDescription;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/** Predict, classify and regress as TensorFlow Serving has them. */
public final class TfsDialect implements Dialect {
  private final VersionNames versions;

  /** Finds versions by these names. */
  public TfsDialect(VersionNames versions) {
    this.versions = versions;
  }

  @Override
  public boolean takes(String uri) {
    return TfsTarget.matches(uri);
  }

  @Override
  public List<String> patterns() {
    return TfsTarget.patterns();
  }

  @Override
  public ModelTarget target(String uri, HttpHeaders headers) {
    var target = parsed(uri);
    return versions.target(target.model(), target.version(), target.label());
  }

  @Override
  public Question read(
      FastRequest request, ByteBuf body, ModelDescription model, RequestTensors memory) {
    return switch (parsed(request.uri()).verb()) {
      case PREDICT -> PredictBody.read(body, model.signature(), memory);
      case CLASSIFY -> ExamplesBody.classify(body, model, memory);
      case REGRESS -> ExamplesBody.regress(body, model, memory);
      case EXPLAIN ->
          throw new InferenceException(
              new InferenceFailure.Unsupported(
                  "Model '%s' has no explainer. Ask for predictions at :predict."
                      .formatted(model.model())));
    };
  }

  @Override
  public FullHttpResponse error(InferenceFailure failure) {
    return FastResponses.error(HttpStatuses.of(failure), failure.message());
  }

  private static TfsTarget parsed(String uri) {
    var target = TfsTarget.parse(uri);
    if (target == null) {
      throw new IllegalArgumentException("'" + uri + "' was not taken");
    }
    return target;
  }
}
