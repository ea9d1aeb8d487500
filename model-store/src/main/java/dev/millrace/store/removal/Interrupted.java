package dev.millrace.store.removal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Finishes, after the start, what a stop or a crash interrupted. */
@Component
final class Interrupted {
  private static final Logger log = LoggerFactory.getLogger(Interrupted.class);

  private final Removals removals;

  Interrupted(Removals removals) {
    this.removals = removals;
  }

  @EventListener(ApplicationReadyEvent.class)
  void finish() {
    Thread.ofVirtual().name("interrupted removals").start(this::resume);
  }

  private void resume() {
    try {
      removals.resume();
    } catch (RuntimeException e) {
      log.warn("Removals that were interrupted go on with the next collection", e);
    }
  }
}
