package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Outcomes on their way home: all outcomes of one home travel in one task, since waking an event
 * loop costs more than a small model's run. Owned by one thread.
 */
final class Deliveries {
  private static final Logger log = LoggerFactory.getLogger(Deliveries.class);

  private final List<Load> loads = new ArrayList<>();

  void add(Outcome outcome, BatchResult result) {
    loadFor(outcome.home()).entries.add(new Entry.Answer(outcome, result));
  }

  void add(Outcome outcome, InferenceFailure failure) {
    loadFor(outcome.home()).entries.add(new Entry.NoAnswer(outcome, failure));
  }

  /** Sends everything off; the outcomes of a home that no longer works are delivered here. */
  void send() {
    while (!loads.isEmpty()) {
      // Before it leaves: whatever breaks here, none is sent twice.
      var load = loads.removeLast();
      try {
        load.home.execute(load);
      } catch (RejectedExecutionException _) {
        load.run();
      } catch (RuntimeException | Error e) {
        log.error("Outcomes could not be sent home", e);
        load.run();
      }
    }
  }

  /** A batch has few homes, so looking at each is quicker than a map. */
  private Load loadFor(Executor home) {
    for (int i = 0; i < loads.size(); i++) {
      if (loads.get(i).home.equals(home)) {
        return loads.get(i);
      }
    }
    var load = new Load(home);
    loads.add(load);
    return load;
  }

  private sealed interface Entry {
    void deliver();

    record Answer(Outcome outcome, BatchResult result) implements Entry {
      @Override
      public void deliver() {
        outcome.completed(result);
      }
    }

    record NoAnswer(Outcome outcome, InferenceFailure failure) implements Entry {
      @Override
      public void deliver() {
        outcome.failed(failure);
      }
    }
  }

  private static final class Load implements Runnable {
    private final Executor home;
    private final List<Entry> entries = new ArrayList<>();

    Load(Executor home) {
      this.home = home;
    }

    @Override
    public void run() {
      for (int i = 0; i < entries.size(); i++) {
        deliver(entries.get(i));
      }
    }

    /** The boundary to the callers: one that throws must not cost the others their outcome. */
    private static void deliver(Entry entry) {
      try {
        entry.deliver();
      } catch (RuntimeException | Error e) {
        log.error("A caller failed to take its outcome", e);
      }
    }
  }
}
