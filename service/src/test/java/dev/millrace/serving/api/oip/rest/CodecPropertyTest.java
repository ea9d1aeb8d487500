package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CodecPropertyTest {
  private static final List<DataType> TYPES = List.of(DataType.values());
  private static final byte[] INTERESTING =
      "{}[]\",:0123456789.eE+-tfn\\u N\0\u007f".getBytes(StandardCharsets.US_ASCII);

  private final Decoding decoding = new Decoding();
  private final AnswerWriter writer = new AnswerWriter();

  @AfterEach
  void nothingLeaks() {
    decoding.assertNothingLeaked();
  }

  @Test
  void whatIsPrintedReadsBackTheSame() {
    for (int seed = 0; seed < 3_000; seed++) {
      var random = new Random(seed);
      var tensors = randomTensors(random);
      var wants = wantsSomeBinary(tensors, random);
      var body = asRequest(tensors, wants);
      decoding.body(
          body.bytes(), body.jsonBytes(), request -> assertSame(request.inputs(), tensors));
    }
  }

  @Test
  void damagedBodiesAreRefusedAndNothingElse() {
    int refused = 0;
    for (int seed = 0; seed < 30_000; seed++) {
      var random = new Random(seed);
      var tensors = randomTensors(random);
      var body = asRequest(tensors, wantsSomeBinary(tensors, random));
      var damaged = damage(body.bytes(), random);
      int jsonBytes = Math.min(damaged.length, body.jsonBytes() + random.nextInt(3) - 1);
      refused += isRefused(damaged, Math.max(0, jsonBytes), seed) ? 1 : 0;
    }
    assertThat(refused).isGreaterThan(10_000);
  }

  private boolean isRefused(byte[] body, int jsonBytes, int seed) {
    try {
      decoding.body(body, jsonBytes, _ -> {});
      return false;
    } catch (InferenceException e) {
      assertThat(e.failure())
          .as("seed %d", seed)
          .isInstanceOfAny(
              InferenceFailure.Invalid.class,
              InferenceFailure.TooLarge.class,
              InferenceFailure.Unsupported.class);
      return true;
    }
  }

  private static byte[] damage(byte[] body, Random random) {
    var damaged = body.clone();
    for (int hits = 1 + random.nextInt(4); hits > 0; hits--) {
      damaged = damageOnce(damaged, random);
    }
    return damaged;
  }

  private static byte[] damageOnce(byte[] body, Random random) {
    if (body.length < 2) {
      return body;
    }
    int at = random.nextInt(body.length);
    switch (random.nextInt(5)) {
      case 0 -> body[at] = (byte) random.nextInt();
      case 1 -> body[at] = INTERESTING[random.nextInt(INTERESTING.length)];
      case 2 -> {
        return Arrays.copyOf(body, at);
      }
      case 3 -> System.arraycopy(body, at, body, 0, Math.min(3, body.length - at));
      default -> {
        var longer = Arrays.copyOf(body, body.length + 1);
        System.arraycopy(body, at, longer, at + 1, body.length - at);
        longer[at] = INTERESTING[random.nextInt(INTERESTING.length)];
        return longer;
      }
    }
    return body;
  }

  private static List<Tensor> randomTensors(Random random) {
    var tensors = new ArrayList<Tensor>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      var type = TYPES.get(random.nextInt(TYPES.size()));
      tensors.add(Tensors.random("t" + i, type, randomShape(random), random));
    }
    return tensors;
  }

  private static Shape randomShape(Random random) {
    var dimensions = new long[random.nextInt(4)];
    for (int i = 0; i < dimensions.length; i++) {
      dimensions[i] = random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(4);
    }
    return Shape.of(dimensions);
  }

  private static DecodedRequest wantsSomeBinary(List<Tensor> tensors, Random random) {
    var request = new DecodedRequest();
    for (var tensor : tensors) {
      boolean half = tensor.type() == DataType.FP16 || tensor.type() == DataType.BF16;
      var form = RequestedOutput.Form.of(half || random.nextBoolean());
      request.add(new RequestedOutput(tensor.name(), form));
    }
    return request;
  }

  /** The outputs of an answer are written like the inputs of a request, but for the key. */
  private Body asRequest(List<Tensor> tensors, DecodedRequest wants) {
    var encoded = writer.write(new FakeAnswer(tensors), wants, decoding.allocator());
    var body = encoded.body();
    var json = body.toString(0, encoded.jsonBytes(), StandardCharsets.UTF_8);
    var changed = json.replace("\"outputs\":", "\"inputs\":").getBytes(StandardCharsets.UTF_8);
    int binary = body.readableBytes() - encoded.jsonBytes();
    var bytes = Arrays.copyOf(changed, changed.length + binary);
    body.getBytes(encoded.jsonBytes(), bytes, changed.length, binary);
    body.release();
    return new Body(bytes, changed.length);
  }

  private static void assertSame(List<Tensor> read, List<Tensor> written) {
    assertThat(read).hasSameSizeAs(written);
    for (int i = 0; i < read.size(); i++) {
      var expected = written.get(i);
      assertThat(read.get(i).name()).isEqualTo(expected.name());
      assertThat(read.get(i).type()).isEqualTo(expected.type());
      assertThat(read.get(i).shape()).isEqualTo(expected.shape());
      assertThat(read.get(i).data().duplicate())
          .as("%s %s", expected.type(), expected.shape())
          .isEqualByComparingTo(expected.data().duplicate());
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Body(byte[] bytes, int jsonBytes) {}
}
