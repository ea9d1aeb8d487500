package dev.millrace.serving.inference;

import dev.millrace.serving.tensor.Tensor;

/** Checks that a tensor of byte strings is as many whole strings as its shape says. */
final class TextCheck {
  private static final int LENGTH_BYTES = 4;

  private TextCheck() {}

  static void require(Tensor input, InferenceRequest request) {
    var data = input.data();
    long expected = count(input, request);
    long found = 0;
    long at = data.position();
    while (at < data.limit()) {
      if (data.limit() - at < LENGTH_BYTES) {
        throw Refusals.textLengthCut(input, data.limit() - at, request);
      }
      long length = Integer.toUnsignedLong(data.getInt((int) at));
      at += LENGTH_BYTES + length;
      if (at > data.limit()) {
        throw Refusals.textCut(input, found, length, request);
      }
      found++;
    }
    if (found != expected) {
      throw Refusals.textCount(input, found, expected, request);
    }
  }

  private static long count(Tensor input, InferenceRequest request) {
    try {
      return input.shape().elementCount();
    } catch (ArithmeticException _) {
      throw Refusals.byteSize(input, -1, request);
    }
  }
}
