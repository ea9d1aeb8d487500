package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionStatus;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.function.Supplier;

/**
 * Chooses the model of a request whose path names none: the one in a header of SageMaker's, the
 * default that is set, or the only one that is served.
 */
public final class ModelChoice {
  /** Names a file in SageMaker, such as {@code iris.tar.gz}. */
  static final String HEADER = "X-Amzn-SageMaker-Target-Model";

  private static final List<String> ARCHIVES = List.of(".tar.gz", ".tgz");

  private final String defaultModel;
  private final Supplier<List<String>> served;

  private ModelChoice(String defaultModel, Supplier<List<String>> served) {
    this.defaultModel = defaultModel;
    this.served = served;
  }

  /**
   * Among the models of a catalog.
   *
   * @param defaultModel empty where none is set
   */
  public static ModelChoice among(ModelCatalog catalog, String defaultModel) {
    return new ModelChoice(
        defaultModel,
        () -> catalog.versions().stream().map(VersionStatus::model).distinct().toList());
  }

  static ModelChoice of(List<String> served, String defaultModel) {
    return new ModelChoice(defaultModel, () -> served);
  }

  /**
   * The name of the model.
   *
   * @throws InferenceException with Invalid where nothing chooses one, NotReady where none is
   *     served
   */
  String model(HttpHeaders headers) {
    var target = headers.get(HEADER);
    if (target != null) {
      return withoutArchive(target.strip());
    }
    return defaultModel.isEmpty() ? only(served.get()) : defaultModel;
  }

  private static String only(List<String> models) {
    if (models.isEmpty()) {
      throw new InferenceException(
          new InferenceFailure.NotReady("No model is served yet. Retry once GET /ping is 200."));
    }
    if (models.size() > 1) {
      throw JsonBody.refusal(
          "The models %s are served, and the request does not say which is meant. Set the header '%s', post to /models/NAME/invoke, or start the service with MILLRACE_DEFAULT_MODEL."
              .formatted(models, HEADER));
    }
    return models.getFirst();
  }

  private static String withoutArchive(String target) {
    var name = target.startsWith("/") ? target.substring(1) : target;
    for (var suffix : ARCHIVES) {
      if (name.endsWith(suffix)) {
        return name.substring(0, name.length() - suffix.length());
      }
    }
    return name;
  }
}
