package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ModelMetadataTest {
  @Test
  void isWrittenAsTheProtocolSays() {
    var description = new FakeEngine().describe("m", null);
    assertThat(JsonMapper.builder().build().writeValueAsString(ModelMetadata.of(description)))
        .isEqualTo(
            """
            {"name":"m","versions":["1"],"platform":"onnx",\
            "inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}],\
            "outputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}]}""");
  }
}
