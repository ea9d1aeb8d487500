package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.protocol.oip.ModelMetadataResponse;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.lifecycle.Whereabouts;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class DescriptionsTest {
  private static final List<TensorSpec> TENSORS =
      List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 3)));
  private static final ModelDescription MODEL =
      new ModelDescription(
          "m", "1", List.of("1"), "onnx", new Signature(TENSORS, TENSORS), 8, List.of(), null);

  @Test
  void sayWhereAModelRuns() {
    var response = Descriptions.ofModel(MODEL, new Whereabouts("cuda:0", 2, "no room"));
    assertThat(response.getParametersOrThrow("devices").getStringParam()).isEqualTo("cuda:0");
    assertThat(response.getParametersOrThrow("instances").getInt64Param()).isEqualTo(2);
    assertThat(response.getParametersOrThrow("fallback").getStringParam()).isEqualTo("no room");
  }

  @Test
  void areReadByClientsThatKnowOnlyTheProtocol()
      throws DescriptorValidationException, InvalidProtocolBufferException {
    var response = Descriptions.ofModel(MODEL, new Whereabouts("cpu", 1, ""));
    var read = DynamicMessage.parseFrom(withoutParameters(), response.toByteArray());
    assertThat(read.getAllFields().keySet())
        .extracting(field -> field.getName())
        .containsExactly("name", "versions", "platform", "inputs", "outputs");
    assertThat(read.getUnknownFields().asMap()).containsOnlyKeys(6);
  }

  /** The message as the protocol's own file has it. */
  private static Descriptor withoutParameters() throws DescriptorValidationException {
    var ours = ModelMetadataResponse.getDescriptor().toProto();
    var theirs = DescriptorProto.newBuilder(ours).clearField().clearNestedType();
    ours.getFieldList().stream()
        .filter(field -> !field.getName().equals("parameters"))
        .forEach(theirs::addField);
    ours.getNestedTypeList().stream()
        .filter(type -> type.getName().equals("TensorMetadata"))
        .forEach(theirs::addNestedType);
    var file =
        FileDescriptorProto.newBuilder()
            .setName("theirs.proto")
            .setSyntax("proto3")
            .setPackage("inference")
            .addMessageType(theirs);
    return FileDescriptor.buildFrom(file.build(), new FileDescriptor[0])
        .findMessageTypeByName("ModelMetadataResponse");
  }
}
