package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Int64Value;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.protocol.tfs.ClassificationProto.ClassificationRequest;
import dev.millrace.protocol.tfs.DataType;
import dev.millrace.protocol.tfs.GetModelMetadataRequest;
import dev.millrace.protocol.tfs.GetModelStatusRequest;
import dev.millrace.protocol.tfs.ModelServiceGrpc;
import dev.millrace.protocol.tfs.ModelServiceGrpc.ModelServiceBlockingStub;
import dev.millrace.protocol.tfs.ModelSpec;
import dev.millrace.protocol.tfs.ModelVersionStatus.State;
import dev.millrace.protocol.tfs.PredictRequest;
import dev.millrace.protocol.tfs.PredictionServiceGrpc;
import dev.millrace.protocol.tfs.PredictionServiceGrpc.PredictionServiceBlockingStub;
import dev.millrace.protocol.tfs.ReloadConfigRequest;
import dev.millrace.protocol.tfs.SignatureDefMap;
import dev.millrace.protocol.tfs.TensorProto;
import dev.millrace.protocol.tfs.TensorShapeProto;
import dev.millrace.protocol.tfs.TensorShapeProto.Dim;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.FixtureModels;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client of TensorFlow Serving against the whole service. */
@Timeout(60)
class TfServingGrpcIT {
  @TempDir private static Path temporary;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    FixtureModels.texts(FixtureRepository.folder(models, "texts"));
    service = RunningService.serving(models, temporary.resolve("home"));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  @Conforms(to = Protocol.TFS_GRPC, with = "Predict")
  void predicts() {
    var answer = predictions().predict(pairs(floats()).build());
    assertThat(answer.getModelSpec())
        .isEqualTo(
            ModelSpec.newBuilder()
                .setName("pairs")
                .setVersion(Int64Value.of(1))
                .setSignatureName("serving_default")
                .build());
    assertThat(answer.getOutputsMap()).containsOnlyKeys("doubled", "total");
    var doubled = answer.getOutputsOrThrow("doubled");
    assertThat(doubled.getDtype()).isEqualTo(DataType.DT_FLOAT);
    assertThat(doubled.getTensorShape()).isEqualTo(shape(1, 4));
    assertThat(doubled.getFloatValList()).containsExactly(2f, 4f, 6f, 8f);
    assertThat(doubled.getTensorContent()).isEqualTo(ByteString.EMPTY);
    assertThat(answer.getOutputsOrThrow("total").getFloatValList()).containsExactly(10f);
  }

  @Test
  @Conforms(to = Protocol.TFS_GRPC, with = "Predict with version, signature and output filter")
  void predictsWithAVersionASignatureAndAFilter() {
    var spec =
        ModelSpec.newBuilder()
            .setName("pairs")
            .setVersion(Int64Value.of(1))
            .setSignatureName("serving_default");
    var answer =
        predictions()
            .withCompression("gzip")
            .predict(pairs(floats()).setModelSpec(spec).addOutputFilter("total").build());
    assertThat(answer.getOutputsMap()).containsOnlyKeys("total");
  }

  @Test
  @Conforms(to = Protocol.TFS_GRPC, with = "Predict and GetModelStatus with a label")
  void findsTheVersionOfALabel() {
    var spec = named("pairs").setVersionLabel("stable");
    var answer = predictions().predict(pairs(floats()).setModelSpec(spec).build());
    assertThat(answer.getModelSpec().getVersion().getValue()).isEqualTo(1);
    var status =
        models().getModelStatus(GetModelStatusRequest.newBuilder().setModelSpec(spec).build());
    assertThat(status.getModelVersionStatusList()).hasSize(1);
    assertThat(status.getModelVersionStatus(0).getVersion()).isEqualTo(1);
  }

  @Test
  @Conforms(to = Protocol.TFS_GRPC, with = "DT_STRING")
  void carriesStrings() {
    var strange = ByteString.copyFromUtf8("gr\u00FC\u00DFe");
    var texts =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_STRING)
            .setTensorShape(shape(2, 1))
            .addStringVal(strange);
    var request =
        PredictRequest.newBuilder()
            .setModelSpec(ModelSpec.newBuilder().setName("texts"))
            .putInputs("x", texts.build());
    assertThat(predictions().predict(request.build()).getOutputsOrThrow("y").getStringValList())
        .containsExactly(strange, strange);
  }

  @Test
  void saysWhatIsNotServed() {
    assertFails(
        () -> predictions().predict(pairs(floats()).setModelSpec(named("nobody")).build()),
        Status.Code.NOT_FOUND,
        "Servable not found for request: Latest(nobody)");
    var absent = named("pairs").setVersion(Int64Value.of(7));
    assertFails(
        () -> predictions().predict(pairs(floats()).setModelSpec(absent).build()),
        Status.Code.NOT_FOUND,
        "Servable not found for request: Specific(pairs, 7)");
    assertFails(
        () ->
            predictions()
                .predict(
                    pairs(floats()).setModelSpec(named("pairs").setVersionLabel("best")).build()),
        Status.Code.INVALID_ARGUMENT,
        "Unrecognized servable version label: best. Model 'pairs' has the labels [stable], which all mean its live version.");
    assertFails(
        () ->
            predictions()
                .predict(
                    pairs(floats()).setModelSpec(named("pairs").setSignatureName("other")).build()),
        Status.Code.FAILED_PRECONDITION,
        "Serving signature key \"other\" not found.");
    assertFails(
        () -> predictions().predict(PredictRequest.getDefaultInstance()),
        Status.Code.INVALID_ARGUMENT,
        "Missing ModelSpec");
  }

  @Test
  void saysWhatIsWrongWithInputsAndCountsIt() {
    long before = service.catalog().traffic("pairs").failure();
    assertFails(
        () -> predictions().predict(pairs(floats()).putInputs("z", floats().build()).build()),
        Status.Code.INVALID_ARGUMENT,
        "input size does not match signature: 2!=1 len({x,z}) != len({x}). Sent extra: {z}. Missing but required: {}.");
    assertFails(
        () -> predictions().predict(pairs(floats()).addOutputFilter("z").build()),
        Status.Code.INVALID_ARGUMENT,
        "output tensor alias not found in signature: z Outputs expected to be in the set {doubled,total}.");
    assertFails(
        () ->
            predictions()
                .predict(pairs(floats()).addOutputFilter("total").addOutputFilter("total").build()),
        Status.Code.INVALID_ARGUMENT,
        "duplicate output tensor alias: total");
    assertThatThrownBy(
            () -> predictions().predict(pairs(floats().setTensorShape(shape(1, 5))).build()))
        .hasMessageStartingWith("INVALID_ARGUMENT: ");
    assertThat(service.catalog().traffic("pairs").failure()).isEqualTo(before + 4);
  }

  @Test
  void boundsWhatOneElementIsRepeatedTo() {
    assertThatThrownBy(
            () -> predictions().predict(pairs(floats().setTensorShape(shape(1L << 30, 4))).build()))
        .hasMessageStartingWith("RESOURCE_EXHAUSTED: Input 'x' takes 4294967296 bytes");
  }

  @Test
  @Conforms(to = Protocol.TFS_GRPC, with = "deadlines")
  void endsWithTheDeadlineOfTheCall() {
    assertThatThrownBy(
            () ->
                predictions()
                    .withDeadlineAfter(1, TimeUnit.NANOSECONDS)
                    .predict(pairs(floats()).build()))
        .hasMessageStartingWith("DEADLINE_EXCEEDED");
  }

  @Test
  @Conforms(to = Protocol.TFS_GRPC, with = "GetModelMetadata")
  void describesTheSignature() throws InvalidProtocolBufferException {
    var metadata =
        predictions()
            .getModelMetadata(
                GetModelMetadataRequest.newBuilder()
                    .setModelSpec(named("pairs"))
                    .addMetadataField("signature_def")
                    .build());
    assertThat(metadata.getModelSpec().getVersion().getValue()).isEqualTo(1);
    var packed = metadata.getMetadataOrThrow("signature_def");
    assertThat(packed.getTypeUrl())
        .isEqualTo("type.googleapis.com/tensorflow.serving.SignatureDefMap");
    var signature = packed.unpack(SignatureDefMap.class).getSignatureDefOrThrow("serving_default");
    assertThat(signature.getMethodName()).isEqualTo("tensorflow/serving/predict");
    assertThat(signature.getInputsOrThrow("x").getDtype()).isEqualTo(DataType.DT_FLOAT);
    assertThat(signature.getInputsOrThrow("x").getTensorShape()).isEqualTo(shape(-1, 4));
    assertThat(signature.getOutputsMap()).containsOnlyKeys("doubled", "total");
  }

  @Test
  void refusesOtherMetadata() {
    var request = GetModelMetadataRequest.newBuilder().setModelSpec(named("pairs"));
    assertFails(
        () -> predictions().getModelMetadata(request.build()),
        Status.Code.INVALID_ARGUMENT,
        "GetModelMetadataRequest must specify at least one metadata_field");
    assertFails(
        () -> predictions().getModelMetadata(request.addMetadataField("graph").build()),
        Status.Code.INVALID_ARGUMENT,
        "Metadata field graph is not supported; ask for signature_def");
    var unknown = GetModelMetadataRequest.newBuilder().setModelSpec(named("nobody"));
    assertFails(
        () -> predictions().getModelMetadata(unknown.addMetadataField("signature_def").build()),
        Status.Code.NOT_FOUND,
        "Servable not found for request: Latest(nobody)");
  }

  @Test
  @Conforms(to = Protocol.TFS_GRPC, with = "GetModelStatus")
  void tellsTheStatesOfVersions() {
    var request = GetModelStatusRequest.newBuilder().setModelSpec(named("pairs"));
    var status = models().getModelStatus(request.build()).getModelVersionStatusList();
    assertThat(status).hasSize(1);
    assertThat(status.get(0).getVersion()).isEqualTo(1);
    assertThat(status.get(0).getState()).isEqualTo(State.AVAILABLE);
    assertThat(status.get(0).getStatus().getErrorCode()).isZero();
    var absent = named("pairs").setVersion(Int64Value.of(7));
    assertFails(
        () -> models().getModelStatus(request.setModelSpec(absent).build()),
        Status.Code.NOT_FOUND,
        "Could not find version 7 of model pairs");
    assertFails(
        () -> models().getModelStatus(request.setModelSpec(named("nobody")).build()),
        Status.Code.NOT_FOUND,
        "Could not find any versions of model nobody");
  }

  @Test
  void saysWhyAMethodIsNotServed() {
    assertFails(
        () -> predictions().classify(ClassificationRequest.getDefaultInstance()),
        Status.Code.UNIMPLEMENTED,
        "Classify takes tf.Example rows, which Millrace does not read. Send the tensors with Predict.");
    assertThatThrownBy(
            () -> models().handleReloadConfigRequest(ReloadConfigRequest.getDefaultInstance()))
        .hasMessageStartingWith(
            "UNIMPLEMENTED: HandleReloadConfigRequest is not served: the models come from the repository.");
  }

  private static PredictRequest.Builder pairs(TensorProto.Builder x) {
    return PredictRequest.newBuilder().setModelSpec(named("pairs")).putInputs("x", x.build());
  }

  private static ModelSpec.Builder named(String model) {
    return ModelSpec.newBuilder().setName(model);
  }

  private static TensorProto.Builder floats() {
    var tensor = TensorProto.newBuilder().setDtype(DataType.DT_FLOAT).setTensorShape(shape(1, 4));
    for (int i = 1; i <= 4; i++) {
      tensor.addFloatVal(i);
    }
    return tensor;
  }

  private static TensorShapeProto shape(long... dimensions) {
    var shape = TensorShapeProto.newBuilder();
    for (long dimension : dimensions) {
      shape.addDim(Dim.newBuilder().setSize(dimension));
    }
    return shape.build();
  }

  private static PredictionServiceBlockingStub predictions() {
    return PredictionServiceGrpc.newBlockingStub(service.channel())
        .withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private static ModelServiceBlockingStub models() {
    return ModelServiceGrpc.newBlockingStub(service.channel())
        .withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private static void assertFails(ThrowingCallable call, Status.Code code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            failure -> assertThat(failure.getStatus().getCode()).isEqualTo(code))
        .hasMessageEndingWith(": " + message);
  }
}
