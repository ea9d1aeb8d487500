package dev.millrace.loadtest.traffic;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.oip.ModelInferRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestBytesTest {
  private static final URI SERVER = URI.create("http://127.0.0.1:8080");
  private static final Sample SAMPLE =
      new Sample("m", List.of(new SampleTensor("x", "FP32", List.of(1L, 2L), List.of(0.5, 2.0))));

  @Test
  void jsonRequestIsOneCompleteHttpRequest() {
    assertThat(text(RequestBytes.json(SAMPLE, SERVER)))
        .isEqualTo(
            """
            POST /v2/models/m/infer HTTP/1.1
            Host: 127.0.0.1:8080
            Content-Length: 73
            Content-Type: application/json

            """
                    .replace("\n", "\r\n")
                + "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1, 2],\"data\":[0.5,2]}]}");
  }

  @Test
  void binaryRequestTellsWhereItsHeaderEnds() {
    var request = text(RequestBytes.binary(SAMPLE, SERVER));
    var body = request.substring(request.indexOf("\r\n\r\n") + 4);
    var json =
        "{\"parameters\":{\"binary_data_output\":true},\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\","
            + "\"shape\":[1, 2],\"parameters\":{\"binary_data_size\":8}}]}";
    assertThat(body).startsWith(json).hasSize(json.length() + 8);
    assertThat(request)
        .contains("\r\nInference-Header-Content-Length: " + json.length() + "\r\n")
        .contains("\r\nContent-Length: " + body.length() + "\r\n");
  }

  @Test
  void grpcRequestCarriesRawTensors() throws Exception {
    var request = ModelInferRequest.parseFrom(RequestBytes.grpc(SAMPLE));
    assertThat(request.getModelName()).isEqualTo("m");
    assertThat(request.getInputs(0).getShapeList()).containsExactly(1L, 2L);
    assertThat(request.getRawInputContents(0).toByteArray())
        .isEqualTo(SAMPLE.inputs().getFirst().littleEndian());
  }

  @Test
  void everyProtocolCarriesTheDeadlineInMicroseconds() throws Exception {
    var hurried = SAMPLE.within(Duration.ofMillis(20));
    assertThat(text(RequestBytes.json(hurried, SERVER)))
        .contains("{\"parameters\":{\"timeout\":20000},\"inputs\":");
    assertThat(text(RequestBytes.binary(hurried, SERVER)))
        .contains("{\"binary_data_output\":true,\"timeout\":20000},\"inputs\":");
    var request = ModelInferRequest.parseFrom(RequestBytes.grpc(hurried));
    assertThat(request.getParametersOrThrow("timeout").getInt64Param()).isEqualTo(20_000);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, ISO_8859_1);
  }
}
