package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which steps an ensemble has, and how tensors go from one to the next. Tensors have numbers: first
 * the inputs of the ensemble, in their order, then what steps make.
 *
 * @param model the ensemble
 * @param inputs how many tensors come with the request
 * @param tensors how many there are together; each of the others is made by one step
 * @param results its outputs, in their order
 * @param requests of models that one request becomes, those of ensembles among the steps included
 */
public record EnsemblePlan(
    String model, int inputs, int tensors, List<Step> steps, List<Result> results, int requests) {
  /** Copies the lists. */
  public EnsemblePlan {
    steps = List.copyOf(steps);
    results = List.copyOf(results);
  }

  /**
   * One request to one model.
   *
   * @param version absent for the live one
   * @param takes its inputs, in the order of the model's signature
   * @param makes the tensors that become of its outputs
   * @param outputs names of these, as the model calls them
   */
  public record Step(
      String model,
      @Nullable String version,
      List<Use> takes,
      List<Integer> makes,
      List<String> outputs) {
    /** Copies the lists. */
    public Step {
      takes = List.copyOf(takes);
      makes = List.copyOf(makes);
      outputs = List.copyOf(outputs);
    }
  }

  /**
   * A tensor as an input of a step.
   *
   * @param name as the step's model calls it
   * @param rank dimensions that it has there
   */
  public record Use(int tensor, String name, int rank) {
    Tensor of(Tensor made) {
      return renamed(made, name, rank);
    }
  }

  /** A tensor as an output of the ensemble, where it must fit what the ensemble declares. */
  public record Result(int tensor, TensorSpec declared) {
    Tensor of(Tensor made) {
      return renamed(made, declared.name(), declared.shape().rank());
    }
  }

  /** For each step the tensors that it takes, each once. */
  int[][] needs() {
    return steps.stream().map(EnsemblePlan::needs).toArray(int[][]::new);
  }

  private static int[] needs(Step step) {
    return step.takes().stream().mapToInt(Use::tensor).distinct().toArray();
  }

  /** For each tensor the steps that take it. */
  int[][] takers() {
    var needs = needs();
    var counts = new int[tensors];
    for (var tensorsOfStep : needs) {
      for (int tensor : tensorsOfStep) {
        counts[tensor]++;
      }
    }
    var takers = Arrays.stream(counts).mapToObj(int[]::new).toArray(int[][]::new);
    for (int step = 0; step < needs.length; step++) {
      for (int tensor : needs[step]) {
        counts[tensor]--;
        takers[tensor][counts[tensor]] = step;
      }
    }
    return takers;
  }

  /** For each tensor the step that makes it; -1 for those of the request. */
  int[] makers() {
    var makers = new int[tensors];
    Arrays.fill(makers, -1);
    for (int step = 0; step < steps.size(); step++) {
      for (int tensor : steps.get(step).makes()) {
        makers[tensor] = step;
      }
    }
    return makers;
  }

  /**
   * The same memory. A model with rows and one without agree about a tensor of one row: it gets
   * that dimension, or loses it.
   */
  private static Tensor renamed(Tensor made, String name, int rank) {
    var shape = made.shape();
    if (shape.rank() + 1 == rank) {
      shape = withRow(shape);
    } else if (shape.rank() == rank + 1 && shape.dimension(0) == 1) {
      shape = withoutRow(shape);
    }
    return new Tensor(name, made.type(), shape, made.data());
  }

  private static Shape withRow(Shape shape) {
    var longer = new long[shape.rank() + 1];
    longer[0] = 1;
    System.arraycopy(shape.toArray(), 0, longer, 1, shape.rank());
    return Shape.of(longer);
  }

  private static Shape withoutRow(Shape shape) {
    return Shape.of(Arrays.copyOfRange(shape.toArray(), 1, shape.rank()));
  }
}
