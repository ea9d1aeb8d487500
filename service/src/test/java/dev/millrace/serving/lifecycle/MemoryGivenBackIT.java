package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.serving.device.ProcessMemory;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.runtime.ModelRuntimes;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that come and go leave nothing behind: neither memory nor threads. */
class MemoryGivenBackIT {
  private static final int PLATEAU = 100;
  private static final int CYCLES = 500;
  private static final long SETTLE_NANOS = 100_000_000;
  private static final double LEEWAY = 0.02;

  @TempDir private Path folder;

  @Test
  void afterFiveHundredLoadsAndUnloadsAsMuchNativeMemoryIsHeldAsAfterAHundred() throws IOException {
    var file = FixtureModels.slow(folder, 8);
    var files = new ServablePackage(file, List.of(), null, GoldenExamples.NONE, List.of());
    try (var engine = new FakeEngine(ModelRuntimes.installed()::forFile)) {
      cycle(engine, files, PLATEAU);
      long before = settledBytes();
      // Of all that is resident; the heap, which other tests fill too, is left out of the growth.
      long leeway = (long) (ProcessMemory.residentBytes() * LEEWAY);
      int threadsBefore = workers();
      cycle(engine, files, CYCLES - PLATEAU);
      // The compiler's own memory comes and goes; a leak of one slab a cycle would stay.
      await(() -> settledBytes() - before < leeway);
      assertThat(workers()).isEqualTo(threadsBefore);
    }
  }

  private static void cycle(FakeEngine engine, ServablePackage files, int times) {
    for (int i = 0; i < times; i++) {
      engine.rollout().serve(new Candidate("m", "1", "x" + i, () -> files));
      engine.rollout().unload("m", "unloaded");
      await(() -> engine.catalog().versions().getFirst().state() == VersionState.UNAVAILABLE);
    }
  }

  private static int workers() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("worker-"))
            .count();
  }

  /** Native memory in use once the slabs of closed models are collected. */
  private static long settledBytes() {
    await(
        () -> {
          // Other tests of this JVM may hold some; the last of ours is gone when nothing changes.
          long before = directBytes();
          System.gc();
          LockSupport.parkNanos(SETTLE_NANOS);
          return directBytes() == before;
        });
    return ProcessMemory.usedBytes();
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
