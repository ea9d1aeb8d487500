package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.api.tfserving.grpc.Refused.invalid;

import com.google.protobuf.Any;
import dev.millrace.protocol.tfs.GetModelMetadataRequest;
import dev.millrace.protocol.tfs.GetModelMetadataResponse;
import dev.millrace.protocol.tfs.PredictionServiceGrpc;
import dev.millrace.protocol.tfs.SignatureDef;
import dev.millrace.protocol.tfs.SignatureDefMap;
import dev.millrace.protocol.tfs.TensorInfo;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import io.grpc.stub.StreamObserver;

/** What the prediction service says of a model. */
final class PredictionQueries extends PredictionServiceGrpc.PredictionServiceImplBase {
  private static final String SIGNATURES = "signature_def";
  private static final String METHOD = "tensorflow/serving/predict";

  private final ModelCatalog catalog;
  private final LiveLabels labels;

  PredictionQueries(ModelCatalog catalog, LiveLabels labels) {
    this.catalog = catalog;
    this.labels = labels;
  }

  @Override
  public void getModelMetadata(
      GetModelMetadataRequest message, StreamObserver<GetModelMetadataResponse> client) {
    Refused.replyOrRefuse(client, () -> metadata(message));
  }

  private GetModelMetadataResponse metadata(GetModelMetadataRequest message) {
    checkFields(message);
    var model = Servable.of(message.getModelSpec(), labels).describedBy(catalog);
    return GetModelMetadataResponse.newBuilder()
        .setModelSpec(Servable.spec(model.model(), model.version()))
        .putMetadata(SIGNATURES, Any.pack(signatures(model.signature())))
        .build();
  }

  private static void checkFields(GetModelMetadataRequest message) {
    if (!message.hasModelSpec()) {
      throw invalid("Missing ModelSpec");
    }
    if (message.getMetadataFieldCount() == 0) {
      throw invalid("GetModelMetadataRequest must specify at least one metadata_field");
    }
    for (var field : message.getMetadataFieldList()) {
      if (!field.equals(SIGNATURES)) {
        throw invalid("Metadata field " + field + " is not supported; ask for " + SIGNATURES);
      }
    }
  }

  private static SignatureDefMap signatures(Signature signature) {
    var only = SignatureDef.newBuilder().setMethodName(METHOD);
    signature.inputs().forEach(input -> only.putInputs(input.name(), info(input)));
    signature.outputs().forEach(output -> only.putOutputs(output.name(), info(output)));
    return SignatureDefMap.newBuilder().putSignatureDef(Servable.SIGNATURE, only.build()).build();
  }

  private static TensorInfo info(TensorSpec spec) {
    return TensorInfo.newBuilder()
        .setName(spec.name())
        .setDtype(ElementTypes.of(spec.type()))
        .setTensorShape(TensorOutput.shape(spec.shape()))
        .build();
  }
}
