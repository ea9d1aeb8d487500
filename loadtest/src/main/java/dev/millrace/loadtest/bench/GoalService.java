package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.generator.Plan;
import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

/**
 * The service with one model that has a latency goal, and requests that name it as their deadline.
 * They have several rows each, so that the server is what is short of time, not the generator.
 */
final class GoalService implements AutoCloseable {
  static final Duration GOAL = Duration.ofMillis(20);
  static final FixtureModel MODEL = FixtureModel.LENET5;
  static final int ROWS = 8;

  /** Enough for all that an open loop has in flight, also when the server stalls for a while. */
  static final int MOST_CALLERS = 512;

  private static final List<Integer> CALLERS = List.of(4, 8, 16, 32, 64);

  private final ServedFixtures service;
  private final BenchPlan plan;
  private final Target target;

  private GoalService(ServedFixtures service, BenchPlan plan) {
    this.service = service;
    this.plan = plan;
    var sample = MODEL.sample().times(ROWS).within(GOAL);
    target = service.target(sample, Protocol.BINARY);
  }

  static GoalService start(BenchPlan plan, ServiceSetup setup) throws IOException {
    var service =
        ServedFixtures.start(
            setup,
            folder -> {
              MODEL.writeInto(folder);
              var settings = folder.resolve(MODEL.modelName()).resolve("millrace.yaml");
              Files.writeString(settings, "latency-goal: " + GOAL.toMillis() + "ms\n");
            });
    return new GoalService(service, plan);
  }

  static String description() {
    return MODEL.modelName() + ", " + ROWS + " rows";
  }

  /** Answers per second within the goal: the best that any number of callers in turn gets. */
  double capacity() throws IOException {
    Meter.warm(target, CALLERS, plan.warmUp());
    var best = 0.0;
    for (var callers : CALLERS) {
      var sampled = measure(Meter.closed(callers, plan.cell()));
      best = Math.max(best, sampled.measured().perSecondWithin(GOAL));
    }
    return best;
  }

  Sampled measure(Plan load) throws IOException {
    return Meter.sample(service.pid(), target, load, 1);
  }

  @Override
  public void close() throws IOException {
    service.close();
  }
}
