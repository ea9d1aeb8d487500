package dev.millrace.trainer.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.tracker.Tracker;
import dev.millrace.trainer.architecture.Network;
import dev.millrace.trainer.dataset.DataSet;
import dev.millrace.trainer.dataset.LabelledImages;
import java.util.concurrent.CancellationException;

/**
 * Trains a network with Adam on the thread that calls it. An interrupt ends it with a {@link
 * CancellationException}.
 */
public final class Training {
  private static final int EVALUATION_BATCH = 250;

  private final TrainingPlan plan;
  private final DataSet data;
  private final Network network;
  private final TrainingListener listener;
  private final Loss loss = Loss.softmaxCrossEntropyLoss();
  private final int steps;
  private final Pace pace = new Pace(System.nanoTime());
  private int step;

  private Training(TrainingPlan plan, DataSet data, Network network, TrainingListener listener) {
    this.plan = plan;
    this.data = data;
    this.network = network;
    this.listener = listener;
    this.steps = plan.epochs() * plan.stepsPerEpoch(data.training().count());
  }

  /** Trains for all epochs of the plan, in place. */
  public static void train(
      TrainingPlan plan, DataSet data, Network network, TrainingListener listener) {
    new Training(plan, data, network, listener).run();
  }

  private void run() {
    try (Trainer trainer = network.model().newTrainer(configuration())) {
      trainer.initialize(network.inputShape(plan.batchSize()));
      for (int epoch = 1; epoch <= plan.epochs(); epoch++) {
        listener.onEpoch(epoch(trainer, epoch));
      }
    }
  }

  private DefaultTrainingConfig configuration() {
    // Adam counts its updates from 1; all weights are updated in each step.
    Tracker rate = update -> (float) plan.learningRate().at(update - 1, steps);
    return new DefaultTrainingConfig(loss)
        .optDevices(new Device[] {Device.cpu()})
        .optOptimizer(Adam.builder().optLearningRateTracker(rate).build());
  }

  private EpochResult epoch(Trainer trainer, int epoch) {
    var batches = new Batches(data.training(), plan, epoch);
    var sums = new Sums();
    while (batches.hasNext()) {
      requireNotInterrupted();
      learn(trainer, batches.next(), sums);
      step++;
      listener.onStep(progress(epoch, sums));
    }
    return new EpochResult(
        epoch,
        sums.meanLoss(),
        sums.accuracy(),
        accuracy(network, data.heldOut()),
        plan.learningRate().at(step - 1, steps));
  }

  private Progress progress(int epoch, Sums sums) {
    long secondsLeft = pace.secondsLeft(step, steps, System.nanoTime());
    return new Progress(
        epoch, plan.epochs(), step, steps, sums.meanLoss(), sums.accuracy(), secondsLeft);
  }

  private void learn(Trainer trainer, Batches.Batch batch, Sums sums) {
    // Everything of one step hangs on this manager, so that nothing native outlives it.
    try (NDManager manager = trainer.getManager().newSubManager();
        GradientCollector gradients = trainer.newGradientCollector()) {
      NDArray pixels = manager.create(batch.pixels(), network.inputShape(batch.count()));
      NDArray labels = manager.create(batch.labels());
      NDList output = trainer.forward(new NDList(pixels));
      NDArray value = loss.evaluate(new NDList(labels), output);
      gradients.backward(value);
      sums.add(batch, value.getFloat(), output.singletonOrThrow().toFloatArray());
      trainer.step();
      output.close();
      value.close();
    }
  }

  /** Share of images whose most probable class is their label, as DJL sees it. */
  static double accuracy(Network network, LabelledImages images) {
    int right = 0;
    for (int from = 0; from < images.count(); from += EVALUATION_BATCH) {
      requireNotInterrupted();
      int to = Math.min(images.count(), from + EVALUATION_BATCH);
      var scores = network.probabilities(images.scaled(from, to), to - from);
      int classes = scores.length / (to - from);
      for (int i = from; i < to; i++) {
        right += Sums.largest(scores, (i - from) * classes, classes) == images.label(i) ? 1 : 0;
      }
    }
    return (double) right / images.count();
  }

  private static void requireNotInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("The training was interrupted");
    }
  }
}
