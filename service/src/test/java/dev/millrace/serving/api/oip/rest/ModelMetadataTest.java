package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.lifecycle.Whereabouts;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ModelMetadataTest {
  @Test
  void isWrittenAsTheProtocolSaysAndThenWhereTheModelRuns() {
    assertThat(written(new Whereabouts("cuda:0, cuda:1", 3, "")))
        .isEqualTo(
            """
            {"name":"m","versions":["1"],"platform":"onnx",\
            "inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}],\
            "outputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}],\
            "parameters":{"devices":"cuda:0, cuda:1","instances":3}}""");
  }

  @Test
  void saysWhyAModelRunsOnTheProcessors() {
    assertThat(written(new Whereabouts("cpu", 1, "no GPU has room")))
        .endsWith(
            "\"parameters\":{\"devices\":\"cpu\",\"instances\":1,\"fallback\":\"no GPU has room\"}}");
  }

  private static String written(Whereabouts where) {
    var metadata = ModelMetadata.of(new FakeEngine().describe("m", null), where);
    return JsonMapper.builder().build().writeValueAsString(metadata);
  }
}
