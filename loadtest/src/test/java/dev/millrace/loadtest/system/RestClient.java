package dev.millrace.loadtest.system;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Open Inference Protocol over HTTP with the JDK's client, which shares no code with the service.
 */
final class RestClient implements InferClient {
  static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String HEADER_LENGTH = "Inference-Header-Content-Length";

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .build();
  private final URI infer;
  private final boolean binary;

  private RestClient(URI service, boolean binary) {
    infer = URI.create(service + "/v2/models/digits/infer");
    this.binary = binary;
  }

  static RestClient json(URI service) {
    return new RestClient(service, false);
  }

  static RestClient binary(URI service) {
    return new RestClient(service, true);
  }

  @Override
  public String protocol() {
    return binary ? "REST binary" : "REST JSON";
  }

  @Override
  public Answer infer(float[] pictures) throws IOException, InterruptedException {
    var request = binary ? binaryRequest(pictures) : jsonRequest(pictures);
    var answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw new IOException(
          answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8));
    }
    return binary ? binaryAnswer(answer) : jsonAnswer(JSON.readTree(answer.body()));
  }

  private HttpRequest jsonRequest(float[] pictures) {
    var data = Arrays.toString(pictures);
    return request("application/json")
        .POST(HttpRequest.BodyPublishers.ofString(header(pictures, "\"data\":" + data)))
        .build();
  }

  private HttpRequest binaryRequest(float[] pictures) {
    var size = pictures.length * Float.BYTES;
    var json =
        header(pictures, "\"parameters\":{\"binary_data_size\":" + size + "}")
            .getBytes(StandardCharsets.UTF_8);
    var body = ByteBuffer.allocate(json.length + size).order(ByteOrder.LITTLE_ENDIAN).put(json);
    for (var pixel : pictures) {
      body.putFloat(pixel);
    }
    return request("application/octet-stream")
        .header(HEADER_LENGTH, Integer.toString(json.length))
        .POST(HttpRequest.BodyPublishers.ofByteArray(body.array()))
        .build();
  }

  private String header(float[] pictures, String data) {
    return """
        {"parameters":{"binary_data_output":%s},
         "inputs":[{"name":"image","datatype":"FP32","shape":[%d,1,28,28],%s}]}"""
        .formatted(binary, pictures.length / Digits.PIXELS, data);
  }

  private HttpRequest.Builder request(String contentType) {
    return HttpRequest.newBuilder(infer)
        .timeout(Duration.ofSeconds(30))
        .header("Content-Type", contentType);
  }

  private static Answer jsonAnswer(JsonNode answer) {
    var data = answer.path("outputs").path(0).path("data");
    var values = FloatBuffer.allocate(data.size());
    data.forEach(value -> values.put((float) value.asDouble(Double.NaN)));
    return new Answer(answer.path("model_version").asString(), values.flip());
  }

  private static Answer binaryAnswer(HttpResponse<byte[]> answer) {
    var length = (int) answer.headers().firstValueAsLong(HEADER_LENGTH).orElseThrow();
    var body = answer.body();
    var json = JSON.readTree(body, 0, length);
    var values =
        ByteBuffer.wrap(body, length, body.length - length)
            .slice()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    return new Answer(json.path("model_version").asString(), values);
  }
}
