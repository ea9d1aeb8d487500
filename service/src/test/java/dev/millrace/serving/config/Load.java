package dev.millrace.serving.config;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Callers that ask one model for ever, each for one answer at a time, until they are closed. */
final class Load implements AutoCloseable {
  private final GatedService service;
  private final String model;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicInteger failed = new AtomicInteger();
  private final CompletableFuture<?>[] callers;

  Load(GatedService service, String model, int count) {
    this.service = service;
    this.model = model;
    callers = new CompletableFuture<?>[count];
    for (int i = 0; i < count; i++) {
      callers[i] = CompletableFuture.runAsync(this::call, Thread::startVirtualThread);
    }
    service.awaitMoreRuns(model);
  }

  private void call() {
    while (!closed.get()) {
      failed.addAndGet(service.send(model, 7).join().statusCode() == 200 ? 0 : 1);
    }
  }

  int failed() {
    return failed.get();
  }

  @Override
  public void close() {
    closed.set(true);
    for (var caller : callers) {
      caller.join();
    }
  }
}
