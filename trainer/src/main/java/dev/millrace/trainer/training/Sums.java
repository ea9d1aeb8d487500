package dev.millrace.trainer.training;

/** Loss and hits of one epoch so far. One thread. */
final class Sums {
  private int images;
  private int right;
  private double loss;

  void add(Batches.Batch batch, double meanLoss, float[] scores) {
    int classes = scores.length / batch.count();
    for (int i = 0; i < batch.count(); i++) {
      right += largest(scores, i * classes, classes) == (int) batch.labels()[i] ? 1 : 0;
    }
    images += batch.count();
    loss += meanLoss * batch.count();
  }

  double meanLoss() {
    return loss / Math.max(1, images);
  }

  double accuracy() {
    return (double) right / Math.max(1, images);
  }

  /** Index of the largest of {@code count} scores, the first of equals. */
  static int largest(float[] scores, int start, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (scores[start + i] > scores[start + best]) {
        best = i;
      }
    }
    return best;
  }
}
