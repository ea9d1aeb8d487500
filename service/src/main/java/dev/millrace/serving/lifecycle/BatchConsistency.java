package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.scheduling.OutputRows;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds models whose rows influence each other, so that no caller is answered with something that
 * depends on who shared the batch: a softmax over the wrong axis, a normalisation over the batch, a
 * quantisation whose scale is that of the whole batch. A few different rows run together and each
 * alone, and the answers must agree.
 */
final class BatchConsistency {
  private static final Logger log = LoggerFactory.getLogger(BatchConsistency.class);

  private final ExecutableModel model;
  private final double tolerance;

  /** What came out of one sample. */
  private sealed interface Verdict {
    /** The model does not take such values, so nothing can be told. */
    record Refused() implements Verdict {}

    record Agrees() implements Verdict {}

    record Differs(String how) implements Verdict {}
  }

  /** With a negative tolerance nothing is checked. */
  BatchConsistency(ExecutableModel model, double tolerance) {
    this.model = model;
    this.tolerance = tolerance;
  }

  /** The settings, without batching where the check finds that it changes answers. */
  static ModelSettings checked(
      ModelSettings settings,
      Candidate candidate,
      ExecutableModel instance,
      GoldenExamples golden) {
    int maxBatchRows = settings.scheduling().maxBatchRows();
    var objection =
        new BatchConsistency(instance, settings.consistencyTolerance())
            .objection(maxBatchRows, golden);
    if (objection.isEmpty()) {
      return settings;
    }
    log.warn(
        "Batching is off, rows of a batch influence each other: model={} version={} found={}. Export the model so that each row is computed by itself, or raise consistency-tolerance.",
        candidate.model(),
        candidate.version(),
        objection.get());
    return settings.withoutBatching();
  }

  /** How batching changes answers; empty when it does not, or when that cannot be told. */
  Optional<String> objection(int maxBatchRows, GoldenExamples golden) {
    if (tolerance < 0 || maxBatchRows < 2 || !isComparable(model.signature())) {
      return Optional.empty();
    }
    for (var sample : new SampleRows(model.signature(), golden, maxBatchRows)) {
      switch (judge(sample)) {
        case Verdict.Refused() -> log.debug("Sample rows were refused");
        case Verdict.Agrees() -> {
          return Optional.empty();
        }
        case Verdict.Differs(String how) -> {
          return Optional.of(how);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isComparable(Signature signature) {
    return signature.batchable() && !signature.inputs().isEmpty() && !SampleRows.areHuge(signature);
  }

  private Verdict judge(List<Tensor> sample) {
    int rows = Math.toIntExact(sample.getFirst().shape().dimension(0));
    var alone = new ArrayList<RunOutputs>(rows);
    try {
      for (int row = 0; row < rows; row++) {
        alone.add(run(OutputRows.cut(sample, row, 1)));
      }
      return judgeTogether(sample, alone);
    } catch (DeviceMemoryException e) {
      throw e;
    } catch (ModelRunException _) {
      return new Verdict.Refused();
    } finally {
      alone.forEach(RunOutputs::close);
    }
  }

  private Verdict judgeTogether(List<Tensor> sample, List<RunOutputs> alone) {
    try (var together = run(sample)) {
      return compare(sample, together.tensors(), alone);
    } catch (DeviceMemoryException e) {
      throw e;
    } catch (ModelRunException e) {
      return new Verdict.Differs(
          "%d rows cannot run together, though each runs alone: %s"
              .formatted(alone.size(), e.getMessage()));
    }
  }

  private Verdict compare(List<Tensor> sample, List<Tensor> together, List<RunOutputs> alone) {
    // Outputs without rows are found out by the warm-up.
    if (!OutputRows.haveRows(together, alone.size())) {
      return new Verdict.Refused();
    }
    for (int row = 0; row < alone.size(); row++) {
      var difference =
          difference(alone.get(row).tensors(), OutputRows.cut(together, row, 1), "in a batch");
      if (difference.isPresent()) {
        return repeats(OutputRows.cut(sample, row, 1), alone.get(row).tensors())
            ? new Verdict.Differs("row " + row + " of a batch, " + difference.get())
            : new Verdict.Refused();
      }
    }
    return new Verdict.Agrees();
  }

  /** A model that draws random numbers differs from itself, whatever shares the batch. */
  private boolean repeats(List<Tensor> row, List<Tensor> before) {
    try (var again = run(row)) {
      return difference(before, again.tensors(), "again").isEmpty();
    }
  }

  private Optional<String> difference(List<Tensor> alone, List<Tensor> other, String where) {
    for (int i = 0; i < alone.size(); i++) {
      var difference = TensorDifference.between(alone.get(i), other.get(i), tolerance);
      if (difference != null) {
        return Optional.of(difference.describe(where, tolerance));
      }
    }
    return Optional.empty();
  }

  private RunOutputs run(List<Tensor> inputs) {
    try (var batch = model.bind(inputs)) {
      return batch.run();
    }
  }
}
