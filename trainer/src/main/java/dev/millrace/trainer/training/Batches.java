package dev.millrace.trainer.training;

import dev.millrace.trainer.dataset.Augmentation;
import dev.millrace.trainer.dataset.LabelledImages;
import java.util.SplittableRandom;

/**
 * The batches of one epoch: every image once, in an order and a variation that seed and epoch
 * decide.
 */
final class Batches {
  private final LabelledImages images;
  private final Augmentation augmentation;
  private final SplittableRandom random;
  private final int batchSize;
  private final int[] order;
  private int next;

  /** Pixels and labels of some images. */
  @SuppressWarnings("ArrayRecordComponent") // Handed straight to the engine.
  record Batch(float[] pixels, float[] labels) {
    int count() {
      return labels.length;
    }
  }

  Batches(LabelledImages images, TrainingPlan plan, int epoch) {
    this.images = images;
    this.augmentation = plan.augmentation();
    this.batchSize = plan.batchSize();
    this.random = new SplittableRandom(plan.seed() * 1_000_003 + epoch);
    this.order = shuffled(images.count(), random);
  }

  boolean hasNext() {
    return next < order.length;
  }

  Batch next() {
    int count = Math.min(batchSize, order.length - next);
    var pixels = new float[count * images.size()];
    var labels = new float[count];
    for (int i = 0; i < count; i++) {
      int image = order[next++];
      augmentation.apply(images, image, random, pixels, i * images.size());
      labels[i] = images.label(image);
    }
    return new Batch(pixels, labels);
  }

  private static int[] shuffled(int count, SplittableRandom random) {
    var order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }
}
