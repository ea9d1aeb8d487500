package dev.millrace.serving.scheduling;

import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What {@link ModelScheduler} puts together, with one worker and no thread of its own. */
final class OneWorker {
  private static final SchedulerSettings SETTINGS =
      new SchedulerSettings(4, List.of(), Duration.ZERO, 100, 1, 1, Duration.ZERO);
  private static final ModelMeters METERS =
      new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("m", "1");

  private final Learned learned = Learned.of(SETTINGS, 4, 1, "m");
  private final RequestQueue queue = new RequestQueue(SETTINGS, 4, METERS, learned);
  private final List<Worker> workers = new ArrayList<>();
  private final Wakeups wakeups;

  /** One whose runs are known to be brief. */
  OneWorker(EchoModel model, Sleeper sleeper) {
    NanoClock still = () -> 0;
    wakeups = new Wakeups(List.of(sleeper), workers);
    var repairs = new Repairs(InstanceRepair.NONE, learned.forecast(), 1, () -> {});
    var turn = new Turn(DeviceShares.UNSHARED, "fake", still);
    var seat = new Worker.Seat(0, sleeper, turn, new Batch(learned.times()), repairs);
    var runner = new BatchRunner(model, queue, learned, METERS, still, null);
    workers.add(new Worker(queue, runner, wakeups, seat, learned, still));
    learned.times().ran(1, 1_000);
  }

  Worker worker() {
    return workers.getFirst();
  }

  RequestQueue queue() {
    return queue;
  }

  Wakeups wakeups() {
    return wakeups;
  }

  /** As {@link ModelScheduler} does it. */
  void submit(Outcome outcome) {
    queue.rows().reserve(1, 1);
    queue.push(
        Part.whole(
            new ScheduledRequest(
                List.of(Tensors.row("x", 1)), 1, List.of(), Long.MAX_VALUE, 0, outcome),
            0));
    wakeups.request(outcome.home());
  }

  /** As the timer does it. */
  void sweep() {
    queue.sweep(0, new Batch(learned.times()));
    if (queue.hasArrivals()) {
      wakeups.wakeOne();
    }
  }

  void close() {
    queue.close();
    wakeups.wakeAll();
  }
}
