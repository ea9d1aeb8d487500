package dev.millrace.loadtest.baseline;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** The yardstick from the other side: Spring MVC as it comes, without batching or any tuning. */
@SpringBootApplication(proxyBeanMethods = false)
public class PlainServer {
  /** Serves one model file on a port of loopback until the process ends. */
  public static void start(String model, int port) {
    SpringApplication.run(
        PlainServer.class,
        "--server.address=127.0.0.1",
        "--server.port=" + port,
        "--spring.main.banner-mode=off",
        "--model=" + model);
  }

  @Bean
  OrtSession session(@Value("${model}") String model) throws OrtException {
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      return OrtEnvironment.getEnvironment().createSession(model, options);
    }
  }

  /** One input or output of the Open Inference Protocol. */
  // Arrays are what Jackson fills fastest; nobody compares these records.
  @SuppressWarnings("ArrayRecordComponent")
  record Tensor(String name, String datatype, long[] shape, float[] data) {}

  /** The body of a request. */
  record Request(List<Tensor> inputs) {}

  /** The body of an answer. */
  record Answer(List<Tensor> outputs) {}

  /** Decodes, runs, encodes. */
  @RestController
  static class Controller {
    private final OrtSession session;

    Controller(OrtSession session) {
      this.session = session;
    }

    @GetMapping("/v2/health/ready")
    void ready() {}

    @PostMapping("/v2/models/{model}/infer")
    Answer infer(@RequestBody Request request) throws OrtException {
      var input = request.inputs().getFirst();
      var environment = OrtEnvironment.getEnvironment();
      try (var tensor =
              OnnxTensor.createTensor(environment, FloatBuffer.wrap(input.data()), input.shape());
          var result = session.run(Map.of(input.name(), tensor))) {
        var output = (OnnxTensor) result.get(0);
        var name = session.getOutputNames().iterator().next();
        var data = output.getFloatBuffer().array();
        return new Answer(List.of(new Tensor(name, "FP32", output.getInfo().getShape(), data)));
      }
    }
  }
}
