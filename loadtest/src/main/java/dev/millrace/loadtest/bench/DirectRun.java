package dev.millrace.loadtest.bench;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.traffic.SampleTensor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * ONNX Runtime called in this process: one thread, one row, buffers and tensors reused. The
 * yardstick. Belongs to the thread that calls it.
 */
final class DirectRun implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final Map<String, OnnxTensor> inputs = new HashMap<>();
  private final FloatBuffer output;
  private final OnnxTensor outputTensor;
  private final OrtSession session;
  private final FixtureModel model;

  private DirectRun(FixtureModel model, Path file) throws OrtException {
    this.model = model;
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      session = environment.createSession(file.toString(), options);
    }
    for (var input : model.sample().inputs()) {
      inputs.put(input.name(), tensor(input));
    }
    output = direct(model.outputSize() * Float.BYTES).asFloatBuffer();
    outputTensor = OnnxTensor.createTensor(environment, output, new long[] {1, model.outputSize()});
  }

  /** What it came to: `cpuMicros` is processor time per inference, `output` the model's answer. */
  record Result(
      double perSecond, double p50Millis, double p99Millis, double cpuMicros, List<Float> output) {}

  /** Runs over and over, first unmeasured, then measured. */
  static Result measure(FixtureModel model, Path file, Duration warmUp, Duration measured)
      throws OrtException {
    try (var run = new DirectRun(model, file)) {
      run.loop(warmUp);
      return run.loop(measured);
    }
  }

  private Result loop(Duration duration) throws OrtException {
    var threads = ManagementFactory.getThreadMXBean();
    var outputs = Map.of(model.output(), outputTensor);
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
    return result(nanos, now - start, threads.getCurrentThreadCpuTime() - cpuBefore);
  }

  private Result result(Histogram nanos, long wallNanos, long cpuNanos) {
    var runs = Math.max(1, nanos.getTotalCount());
    return new Result(
        runs * 1e9 / wallNanos,
        nanos.getValueAtPercentile(50) / 1e6,
        nanos.getValueAtPercentile(99) / 1e6,
        cpuNanos / 1e3 / runs,
        IntStream.range(0, model.outputSize()).mapToObj(output::get).toList());
  }

  private OnnxTensor tensor(SampleTensor input) throws OrtException {
    var type = input.datatype().equals("INT64") ? OnnxJavaType.INT64 : OnnxJavaType.FLOAT;
    var bytes = input.littleEndian();
    var shape = input.shape().stream().mapToLong(Long::longValue).toArray();
    return OnnxTensor.createTensor(
        environment, direct(bytes.length).put(bytes).flip(), shape, type);
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  @Override
  public void close() throws OrtException {
    outputTensor.close();
    inputs.values().forEach(OnnxTensor::close);
    session.close();
  }
}
