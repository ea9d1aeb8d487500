package dev.millrace.serving.api.tfserving.grpc;

import dev.millrace.protocol.tfs.ModelServiceGrpc;
import dev.millrace.protocol.tfs.PredictionServiceGrpc;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.api.edge.grpc.GrpcMethods;
import dev.millrace.serving.api.edge.grpc.GrpcProtocol;
import dev.millrace.serving.api.edge.grpc.InferCalls;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.Map;

/** {@code tensorflow.serving.PredictionService} and {@code tensorflow.serving.ModelService}. */
public final class TfServingGrpc implements GrpcProtocol {
  private final InferenceService inference;
  private final ModelCatalog catalog;
  private final LiveLabels labels;
  private final int maxMessageBytes;

  /**
   * Answers with the models of the catalog.
   *
   * @param labels that name versions
   * @param maxMessageBytes the most that a message may take once it is parsed, and its tensors
   */
  public TfServingGrpc(
      InferenceService inference, ModelCatalog catalog, LiveLabels labels, int maxMessageBytes) {
    this.labels = labels;
    this.inference = inference;
    this.catalog = catalog;
    this.maxMessageBytes = maxMessageBytes;
  }

  @Override
  public List<ServerServiceDefinition> services(InferCalls calls) {
    return List.of(predictions(calls), models());
  }

  private ServerServiceDefinition predictions(InferCalls calls) {
    var rows =
        new UnservedMethod(
            "%s takes tf.Example rows, which Millrace does not read. Send the tensors with Predict.");
    return GrpcMethods.of(
        new PredictionQueries(catalog, labels).bindService(),
        Map.of(
            PredictionServiceGrpc.getPredictMethod().getFullMethodName(),
            calls.method(new PredictCodec(inference, catalog, labels, maxMessageBytes)),
            PredictionServiceGrpc.getClassifyMethod().getFullMethodName(),
            rows,
            PredictionServiceGrpc.getRegressMethod().getFullMethodName(),
            rows,
            PredictionServiceGrpc.getMultiInferenceMethod().getFullMethodName(),
            rows));
  }

  private ServerServiceDefinition models() {
    return GrpcMethods.of(
        new ModelQueries(catalog, labels).bindService(),
        Map.of(
            ModelServiceGrpc.getHandleReloadConfigRequestMethod().getFullMethodName(),
            new UnservedMethod(
                "%s is not served: the models come from the repository. Change what is in it, or use the model_repository extension.")));
  }
}
