package dev.millrace.loadtest.traffic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Encodes a sample once, so that sending it costs no more than copying bytes. */
final class RequestBytes {
  private RequestBytes() {}

  /** A whole HTTP/1.1 request with JSON tensors. */
  static byte[] json(Sample sample, URI server) {
    var inputs = describe(sample, tensor -> "\"data\":" + tensor.json());
    var timeout = sample.timeout().isZero() ? "" : "\"parameters\":{" + timeout(sample) + "},";
    var body = ("{" + timeout + "\"inputs\":[" + inputs + "]}").getBytes(UTF_8);
    return join(List.of(head(sample, server, "Content-Type: application/json", body.length), body));
  }

  /** A whole HTTP/1.1 request with binary tensors, which asks for binary outputs. */
  static byte[] binary(Sample sample, URI server) {
    var tensors = sample.inputs().stream().map(SampleTensor::littleEndian).toList();
    var sizes = tensors.stream().mapToInt(tensor -> tensor.length).iterator();
    var inputs =
        describe(sample, _ -> "\"parameters\":{\"binary_data_size\":" + sizes.nextInt() + "}");
    var timeout = sample.timeout().isZero() ? "" : "," + timeout(sample);
    var json =
        ("{\"parameters\":{\"binary_data_output\":true"
                + timeout
                + "},\"inputs\":["
                + inputs
                + "]}")
            .getBytes(UTF_8);
    var parts = new ArrayList<byte[]>(List.of(json));
    parts.addAll(tensors);
    var body = join(parts);
    var headers =
        "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: " + json.length;
    return join(List.of(head(sample, server, headers, body.length), body));
  }

  /** A serialized ModelInferRequest with raw tensors. */
  static byte[] grpc(Sample sample) {
    var request = ModelInferRequest.newBuilder().setModelName(sample.model());
    for (var input : sample.inputs()) {
      request
          .addInputsBuilder()
          .setName(input.name())
          .setDatatype(input.datatype())
          .addAllShape(input.shape());
      request.addRawInputContents(ByteString.copyFrom(input.littleEndian()));
    }
    if (!sample.timeout().isZero()) {
      var timeout = InferParameter.newBuilder().setInt64Param(micros(sample)).build();
      request.putParameters("timeout", timeout);
    }
    return request.build().toByteArray();
  }

  private static String timeout(Sample sample) {
    return "\"timeout\":" + micros(sample);
  }

  private static long micros(Sample sample) {
    return TimeUnit.NANOSECONDS.toMicros(sample.timeout().toNanos());
  }

  private static String describe(Sample sample, Function<SampleTensor, String> rest) {
    return sample.inputs().stream()
        .map(
            input ->
                "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":%s,%s}"
                    .formatted(input.name(), input.datatype(), input.shape(), rest.apply(input)))
        .collect(Collectors.joining(","));
  }

  private static byte[] head(Sample sample, URI server, String headers, int length) {
    return """
        POST %s/v2/models/%s/infer HTTP/1.1
        Host: %s
        Content-Length: %d
        %s

        """
        .formatted(server.getPath(), sample.model(), server.getAuthority(), length, headers)
        .replace("\r\n", "\n")
        .replace("\n", "\r\n")
        .getBytes(UTF_8);
  }

  private static byte[] join(List<byte[]> parts) {
    var bytes = new ByteArrayOutputStream();
    parts.forEach(bytes::writeBytes);
    return bytes.toByteArray();
  }
}
