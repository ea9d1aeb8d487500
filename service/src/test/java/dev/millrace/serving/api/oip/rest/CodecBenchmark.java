package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.tensor.Shape;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Reads requests of one row of 784 numbers and writes answers of ten. Run by jmh.sh. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBenchmark {
  private static final int NUMBERS = 784;
  private static final int LIMIT_BYTES = 1 << 20;

  private final AnswerWriter writer = new AnswerWriter();
  private final PooledByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;
  private final ByteBuf shortNumbers = body(number -> "0." + Math.abs(number % 100));
  private final ByteBuf longNumbers =
      body(number -> Float.toString(Math.abs(number) / (float) Integer.MAX_VALUE));
  private final String binaryHead =
      "{\"inputs\":[{\"name\":\"image\",\"shape\":[1,784],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":3136}}]}";
  private final ByteBuf binary = direct(binaryHead).writeZero(NUMBERS * Float.BYTES);
  private final FakeAnswer answer =
      new FakeAnswer(
          List.of(
              Tensors.floats(
                  "probabilities",
                  Shape.of(1, 10),
                  0.1f,
                  0.0123f,
                  1e-7f,
                  0.25f,
                  0.333333f,
                  0.9f,
                  3e-12f,
                  0.5f,
                  0.0071f,
                  0.61f)));

  private interface Text {
    String of(int number);
  }

  private static ByteBuf body(Text text) {
    var random = new Random(1);
    var data = new StringJoiner(",");
    for (int i = 0; i < NUMBERS; i++) {
      data.add(text.of(random.nextInt()));
    }
    return direct(
        "{\"inputs\":[{\"name\":\"image\",\"shape\":[1,784],\"datatype\":\"FP32\",\"data\":[%s]}]}"
            .formatted(data));
  }

  private static ByteBuf direct(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    return PooledByteBufAllocator.DEFAULT
        .directBuffer(bytes.length + NUMBERS * Float.BYTES)
        .writeBytes(bytes);
  }

  /** JSON with numbers of two digits. */
  @Benchmark
  public int readJsonOfShortNumbers() {
    return read(shortNumbers, shortNumbers.readableBytes());
  }

  /** JSON with numbers of full precision. */
  @Benchmark
  public int readJsonOfLongNumbers() {
    return read(longNumbers, longNumbers.readableBytes());
  }

  /** A head in JSON, and the numbers behind it. */
  @Benchmark
  public int readBinary() {
    return read(binary, binaryHead.length());
  }

  /** Ten numbers as JSON. */
  @Benchmark
  public int writeJson() {
    return write(new DecodedRequest());
  }

  /** Ten numbers behind a head in JSON. */
  @Benchmark
  public int writeBinary() {
    var request = new DecodedRequest();
    request.answerInBinary(true);
    return write(request);
  }

  private int read(ByteBuf body, int jsonBytes) {
    try (var request =
        InferBodyReader.read("m", body, jsonBytes, new TensorMemory(allocator, LIMIT_BYTES))) {
      return request.inputs().getFirst().data().remaining();
    }
  }

  private int write(DecodedRequest request) {
    var encoded = writer.write(answer, request, allocator);
    try {
      return encoded.body().readableBytes();
    } finally {
      encoded.body().release();
    }
  }
}
