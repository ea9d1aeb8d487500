package dev.millrace.serving.scheduling;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a batch that is being gathered would be padded to, and who may still join it. Owned by the
 * worker, as its batch.
 */
final class PaddedCompany {
  /** Elements of padding for each one that a caller sent, over the padded inputs of a batch. */
  private static final int MOST_PADDING = 2;

  private final Padding padding;
  private final List<PaddedInput> inputs;

  /** By padded input and dimension; meaningless where it is not open. */
  private long[][] sizes;

  private long[][] grown;

  private @Nullable Part first;

  private double sentElements;
  private int rows;

  /** Whether a piece is in it; all pieces of a request must be padded alike, which is: not. */
  private boolean fixed;

  PaddedCompany(Padding padding) {
    this.padding = padding;
    inputs = padding.inputs();
    sizes = new long[inputs.size()][];
    grown = new long[inputs.size()][];
  }

  void clear() {
    first = null;
    sentElements = 0;
    rows = 0;
    fixed = false;
  }

  /** Whether the part may join those before, which it then has done. */
  boolean takes(Part part) {
    var leader = first;
    if (leader == null) {
      begin(part);
      return true;
    }
    if (padding.isStopped() ? !part.fits(leader) : !agrees(part, leader)) {
      return false;
    }
    boolean grows = grow(part);
    double sent = sentElements + elements(part);
    if ((grows && fixed) || (part.split != null && !isLargest(part))) {
      return false;
    }
    if (grownElements(rows + part.rows) > (1 + MOST_PADDING) * sent) {
      return false;
    }
    join(part, sent);
    return true;
  }

  private void begin(Part part) {
    first = part;
    for (int i = 0; i < inputs.size(); i++) {
      sizes[i] = inputs.get(i).shape(part).toArray();
      grown[i] = sizes[i].clone();
    }
    sentElements = elements(part);
    rows = part.rows;
    fixed = part.split != null;
  }

  private void join(Part part, double sent) {
    var before = sizes;
    sizes = grown;
    grown = before;
    sentElements = sent;
    rows += part.rows;
    fixed |= part.split != null;
  }

  /** Whether they differ only where padding makes them equal. */
  private boolean agrees(Part part, Part leader) {
    var mine = part.request.inputs();
    for (int i = 0; i < mine.size(); i++) {
      var theirs = leader.request.inputs().get(i).shape();
      var input = padding.input(i);
      if (input == null
          ? !mine.get(i).shape().sameBeyondRows(theirs)
          : !agrees(input, part, leader)) {
        return false;
      }
    }
    return true;
  }

  private boolean agrees(PaddedInput input, Part part, Part leader) {
    var mine = input.shape(part);
    var theirs = input.shape(leader);
    for (int d = 1; d < mine.rank(); d++) {
      long size = mine.dimension(d);
      long other = theirs.dimension(d);
      // What is empty is not filled.
      if (size != other && (!input.isOpen(d) || size == 0 || other == 0)) {
        return false;
      }
      if (input.isOpen(d) && !isTiedAlike(d, size, part, other, leader)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Inputs that are as long as each other in one request are so in all: else a request that fails
   * alone, or is broadcast, would be made one that looks fine.
   */
  private boolean isTiedAlike(int dimension, long size, Part part, long other, Part leader) {
    var mine = part.request.inputs();
    var theirs = leader.request.inputs();
    for (int i = 0; i < mine.size(); i++) {
      if (padding.isOpen(i, dimension)
          && (size == mine.get(i).shape().dimension(dimension))
              != (other == theirs.get(i).shape().dimension(dimension))) {
        return false;
      }
    }
    return true;
  }

  private boolean grow(Part part) {
    boolean grows = false;
    for (int i = 0; i < sizes.length; i++) {
      var shape = inputs.get(i).shape(part);
      for (int d = 1; d < sizes[i].length; d++) {
        grown[i][d] = Math.max(sizes[i][d], shape.dimension(d));
        grows |= grown[i][d] > sizes[i][d];
      }
    }
    return grows;
  }

  private boolean isLargest(Part part) {
    for (int i = 0; i < grown.length; i++) {
      var shape = inputs.get(i).shape(part);
      for (int d = 1; d < grown[i].length; d++) {
        if (shape.dimension(d) < grown[i][d]) {
          return false;
        }
      }
    }
    return true;
  }

  private double elements(Part part) {
    double all = 0;
    for (int i = 0; i < inputs.size(); i++) {
      var shape = inputs.get(i).shape(part);
      double own = part.rows;
      for (int d = 1; d < shape.rank(); d++) {
        own *= shape.dimension(d);
      }
      all += own;
    }
    return all;
  }

  private double grownElements(int ofRows) {
    double all = 0;
    for (var ofInput : grown) {
      double own = ofRows;
      for (int d = 1; d < ofInput.length; d++) {
        own *= ofInput[d];
      }
      all += own;
    }
    return all;
  }
}
