package dev.millrace.serving.api.oip.grpc;

import com.google.common.primitives.Longs;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelMetadataResponse;
import dev.millrace.protocol.oip.ModelMetadataResponse.TensorMetadata;
import dev.millrace.protocol.oip.ServerMetadataResponse;
import dev.millrace.serving.api.edge.ServerDescription;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.lifecycle.Whereabouts;
import dev.millrace.serving.tensor.TensorSpec;

/** What the server and its models say of themselves. */
final class Descriptions {
  private Descriptions() {}

  static ServerMetadataResponse ofServer(SharedRegions regions) {
    return ServerMetadataResponse.newBuilder()
        .setName(ServerDescription.NAME)
        .setVersion(ServerDescription.VERSION)
        .addAllExtensions(ServerDescription.extensions(regions))
        .build();
  }

  static ModelMetadataResponse ofModel(ModelDescription model, Whereabouts where) {
    return withParameters(ModelMetadataResponse.newBuilder(), where)
        .setName(model.model())
        .addAllVersions(model.versions())
        .setPlatform(model.platform())
        .addAllInputs(model.signature().inputs().stream().map(Descriptions::tensor).toList())
        .addAllOutputs(model.signature().outputs().stream().map(Descriptions::tensor).toList())
        .build();
  }

  /** Those of the JSON that describes a model. */
  private static ModelMetadataResponse.Builder withParameters(
      ModelMetadataResponse.Builder response, Whereabouts where) {
    response.putParameters("devices", text(where.devices()));
    response.putParameters(
        "instances", InferParameter.newBuilder().setInt64Param(where.instances()).build());
    if (!where.fallback().isEmpty()) {
      response.putParameters("fallback", text(where.fallback()));
    }
    return response;
  }

  private static InferParameter text(String value) {
    return InferParameter.newBuilder().setStringParam(value).build();
  }

  private static TensorMetadata tensor(TensorSpec spec) {
    return TensorMetadata.newBuilder()
        .setName(spec.name())
        .setDatatype(spec.type().name())
        .addAllShape(Longs.asList(spec.shape().toArray()))
        .build();
  }
}
