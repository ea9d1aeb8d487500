package dev.millrace.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.dataset.Augmentation;
import dev.millrace.trainer.dataset.DataSet;
import dev.millrace.trainer.dataset.LabelledImages;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchesTest {
  private static final LabelledImages IMAGES =
      DataSet.read("mnist-digits", 10).training().first(10);

  @Test
  void takesEveryImageOnceTheLastBatchBeingSmaller() {
    assertThat(all(7, 1)).extracting(Batches.Batch::count).containsExactly(4, 4, 2);
  }

  @Test
  void repeatsItselfForTheSameSeedAndEpoch() {
    assertThat(pixels(7, 1)).isEqualTo(pixels(7, 1));
  }

  @Test
  void variesWithSeedAndEpoch() {
    assertThat(pixels(7, 1)).isNotEqualTo(pixels(8, 1)).isNotEqualTo(pixels(7, 2));
  }

  private static float[] pixels(long seed, int epoch) {
    return all(seed, epoch).getFirst().pixels();
  }

  private static List<Batches.Batch> all(long seed, int epoch) {
    var plan = new TrainingPlan(2, 4, seed, new LearningRate(0.1, 0), new Augmentation(1, 10, 0.1));
    var batches = new Batches(IMAGES, plan, epoch);
    var all = new ArrayList<Batches.Batch>();
    while (batches.hasNext()) {
      all.add(batches.next());
    }
    return all;
  }
}
