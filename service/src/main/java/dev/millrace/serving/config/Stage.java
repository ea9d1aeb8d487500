package dev.millrace.serving.config;

import org.springframework.context.SmartLifecycle;

/** Something to start and stop in its turn; stages of one phase stop side by side. */
final class Stage implements SmartLifecycle {
  private final int phase;
  private final Runnable start;
  private final Runnable stop;
  private volatile boolean running;

  Stage(int phase, Runnable start, Runnable stop) {
    this.phase = phase;
    this.start = start;
    this.stop = stop;
  }

  @Override
  public void start() {
    start.run();
    running = true;
  }

  @Override
  public void stop(Runnable done) {
    Thread.startVirtualThread(
        () -> {
          try {
            stop();
          } finally {
            done.run();
          }
        });
  }

  @Override
  public void stop() {
    stop.run();
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return phase;
  }
}
