package dev.millrace.loadtest.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.loadtest.traffic.SampleTensor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * ONNX Runtime called in this process: one thread, one row, buffers and tensors reused. The
 * yardstick.
 */
final class DirectRun {
  private static final int CLASSES = 10;

  private DirectRun() {}

  /** What it came to: `cpuMicros` is processor time per inference, `output` the model's answer. */
  record Result(
      double perSecond, double p50Millis, double p99Millis, double cpuMicros, List<Float> output) {}

  static Result measure(Path model, SampleTensor input, Duration warmUp, Duration measured)
      throws OrtException {
    var environment = OrtEnvironment.getEnvironment();
    var shape = input.shape().stream().mapToLong(Long::longValue).toArray();
    var output = direct(CLASSES);
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      try (var session = environment.createSession(model.toString(), options);
          var in = OnnxTensor.createTensor(environment, filled(input.values()), shape);
          var out = OnnxTensor.createTensor(environment, output, new long[] {1, CLASSES})) {
        var inputs = Map.of(input.name(), in);
        var outputs = Map.of("probabilities", out);
        loop(session, inputs, outputs, warmUp);
        return loop(session, inputs, outputs, measured).result(output);
      }
    }
  }

  private static Loop loop(
      OrtSession session,
      Map<String, OnnxTensor> inputs,
      Map<String, OnnxTensor> outputs,
      Duration duration)
      throws OrtException {
    var threads = ManagementFactory.getThreadMXBean();
    var nanos = new Histogram(3);
    var cpuBefore = threads.getCurrentThreadCpuTime();
    var start = System.nanoTime();
    var now = start;
    while (now - start < duration.toNanos()) {
      session.run(inputs, outputs).close();
      var after = System.nanoTime();
      nanos.recordValue(after - now);
      now = after;
    }
    return new Loop(nanos, now - start, threads.getCurrentThreadCpuTime() - cpuBefore);
  }

  private record Loop(Histogram nanos, long wallNanos, long cpuNanos) {
    Result result(FloatBuffer output) {
      var runs = nanos.getTotalCount();
      return new Result(
          runs * 1e9 / wallNanos,
          nanos.getValueAtPercentile(50) / 1e6,
          nanos.getValueAtPercentile(99) / 1e6,
          cpuNanos / 1e3 / runs,
          IntStream.range(0, CLASSES).mapToObj(output::get).toList());
    }
  }

  private static FloatBuffer filled(List<Double> values) {
    var buffer = direct(values.size());
    for (var index = 0; index < values.size(); index++) {
      buffer.put(index, values.get(index).floatValue());
    }
    return buffer;
  }

  private static FloatBuffer direct(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
