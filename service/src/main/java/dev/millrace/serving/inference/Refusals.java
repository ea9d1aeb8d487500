package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a client reads about a request that contradicts the signature. Each text starts as Triton's
 * does, because clients look for that, and goes on with what to do.
 */
final class Refusals {
  private Refusals() {}

  /** Throws the first that holds: an unknown input, a repeated one, a missing one. */
  static void requireSameNames(InferenceRequest request, List<TensorSpec> specs) {
    var expected = specs.stream().map(TensorSpec::name).toList();
    var seen = new HashSet<String>();
    for (var input : request.inputs()) {
      if (!expected.contains(input.name())) {
        throw invalid(
            "unexpected inference input '%s' for model '%s'. The model has the inputs %s."
                .formatted(input.name(), request.model(), quoted(expected)));
      }
      if (!seen.add(input.name())) {
        throw invalid(
            "input '%s' already exists in request. Send each input of model '%s' once."
                .formatted(input.name(), request.model()));
      }
    }
    if (seen.size() < expected.size()) {
      throw missingInputs(request, expected);
    }
  }

  private static InferenceException missingInputs(InferenceRequest request, List<String> expected) {
    var given = request.inputs().stream().map(Tensor::name).toList();
    var missing = expected.stream().filter(name -> !given.contains(name)).toList();
    return invalid(
        "expected %d inputs but got %d inputs for model '%s'. Got input(s) %s, but missing required input(s) %s. Please provide all required input(s)."
            .formatted(
                expected.size(), given.size(), request.model(), quoted(given), quoted(missing)));
  }

  static InferenceException datatype(Tensor input, TensorSpec spec, InferenceRequest request) {
    return invalid(
        "inference input '%s' data-type is '%s', but model '%s' expects '%s'. Convert the values to %s."
            .formatted(input.name(), input.type(), request.model(), spec.type(), spec.type()));
  }

  static InferenceException shape(Tensor input, TensorSpec spec, InferenceRequest request) {
    return invalid(
        "unexpected shape for input '%s' for model '%s'. Expected %s, got %s. No dimension may be negative; -1 stands for any size."
            .formatted(
                input.name(), request.model(), compact(spec.shape()), compact(input.shape())));
  }

  /** The expected size is -1 where it does not fit 63 bits. */
  static InferenceException byteSize(Tensor input, long expected, InferenceRequest request) {
    return invalid(
        "input byte size mismatch for input '%s' for model '%s'. Expected %s, got %d. Shape %s of %s needs that many bytes."
            .formatted(
                input.name(),
                request.model(),
                expected < 0 ? "more than 2^63" : expected,
                input.data().remaining(),
                compact(input.shape()),
                input.type()));
  }

  static InferenceException rows(Tensor input, Tensor first, String model) {
    return invalid(
        "input '%s' batch size does not match other inputs for '%s'. It has %d rows, and '%s' has %d; send as many rows for each."
            .formatted(
                input.name(),
                model,
                input.shape().dimension(0),
                first.name(),
                first.shape().dimension(0)));
  }

  static InferenceException tooManyRows(long rows, int most, String model) {
    return invalid(
        "inference request batch-size must be <= %d for '%s'. It has %d rows; send them in several requests, or raise max_batch_size of the model."
            .formatted(most, model, rows));
  }

  static InferenceException unknownOutput(
      String name, List<TensorSpec> specs, InferenceRequest request) {
    return invalid(
        "unexpected inference output '%s' for model '%s'. The model has the outputs %s."
            .formatted(
                name, request.model(), quoted(specs.stream().map(TensorSpec::name).toList())));
  }

  static InferenceException repeatedOutput(String name, InferenceRequest request) {
    return invalid(
        "output '%s' already exists in request. Ask for each output of model '%s' once."
            .formatted(name, request.model()));
  }

  static InferenceException textLengthCut(Tensor input, long left, InferenceRequest request) {
    return invalid(
        "incomplete string length indicator for inference input '%s' for model '%s', expecting 4 bytes but only %d bytes available. Put the length of each string before it, as 4 bytes, little-endian."
            .formatted(input.name(), request.model(), left));
  }

  static InferenceException textCut(
      Tensor input, long index, long length, InferenceRequest request) {
    return invalid(
        "incomplete string data for inference input '%s' for model '%s', string %d has %d bytes and the data ends before. Put the length of each string before it, as 4 bytes, little-endian."
            .formatted(input.name(), request.model(), index, length));
  }

  static InferenceException textCount(
      Tensor input, long found, long expected, InferenceRequest request) {
    return invalid(
        "expected %d string elements for inference input '%s' for model '%s', got %d. Shape %s needs that many."
            .formatted(expected, input.name(), request.model(), found, compact(input.shape())));
  }

  private static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }

  /** As Triton prints lists of names. */
  private static String quoted(List<String> names) {
    return names.stream().map(name -> "'" + name + "'").collect(Collectors.joining(",", "[", "]"));
  }

  /** As Triton prints shapes: without blanks. */
  private static String compact(Shape shape) {
    return shape.toString().replace(" ", "");
  }
}
