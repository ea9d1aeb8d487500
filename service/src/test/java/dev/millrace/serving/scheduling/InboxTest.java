package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InboxTest {
  private static final int PUSHERS = 3;
  private static final int EACH = 20_000;

  private final Inbox inbox = new Inbox();

  @Test
  void givesEverythingOnceInTheOrderOfEachThreadWhileOthersPush() throws Exception {
    var taken = new ArrayList<Part>();
    try (var threads = Executors.newFixedThreadPool(PUSHERS)) {
      var running = new AtomicInteger(PUSHERS);
      var pushers = new ArrayList<Future<?>>();
      for (int pusher = 0; pusher < PUSHERS; pusher++) {
        int mine = pusher;
        pushers.add(threads.submit(() -> pushAll(mine, running)));
      }
      while (running.get() > 0 || !inbox.isEmpty()) {
        takeAll(taken);
      }
      for (var pusher : pushers) {
        pusher.get(10, TimeUnit.SECONDS);
      }
    }
    assertThat(taken).hasSize(PUSHERS * EACH);
    assertEachThreadInOrder(taken);
  }

  @Test
  void isEmptyOnceTaken() {
    inbox.push(part(0, 0));
    assertThat(inbox.takeAll()).isNotNull();
    assertThat(inbox.takeAll()).isNull();
    assertThat(inbox.isEmpty()).isTrue();
  }

  private void pushAll(int pusher, AtomicInteger running) {
    for (int i = 0; i < EACH; i++) {
      inbox.push(part(pusher, i));
    }
    running.decrementAndGet();
  }

  private void takeAll(List<Part> taken) {
    for (var part = inbox.takeAll(); part != null; part = part.next) {
      taken.add(part);
    }
  }

  private static void assertEachThreadInOrder(List<Part> taken) {
    var next = new HashMap<Integer, Long>();
    for (var part : taken) {
      assertThat(part.submittedNanos).isEqualTo(next.getOrDefault(part.firstRow, 0L));
      next.put(part.firstRow, part.submittedNanos + 1);
    }
  }

  /** Carries the thread's number as first row and its count as time. */
  private static Part part(int pusher, int count) {
    var request = new ScheduledRequest(List.of(), 1, List.of(), Long.MAX_VALUE, 0, Caller.direct());
    return new Part(request, pusher, 1, count, null);
  }
}
