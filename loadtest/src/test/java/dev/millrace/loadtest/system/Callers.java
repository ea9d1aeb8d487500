package dev.millrace.loadtest.system;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Eight callers on each protocol who ask again 50 ms after each answer, and remember everything.
 */
final class Callers implements AutoCloseable {
  private static final int PER_PROTOCOL = 8;
  private static final int PAUSE_MILLIS = 50;

  /** One answer; the times are of System.nanoTime, picture is an index into the held-out digits. */
  record Observation(
      String protocol, int picture, Answer answer, long sentNanos, long receivedNanos) {}

  private final Queue<Observation> observations = new ConcurrentLinkedQueue<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answers = new AtomicInteger();
  private final Digits digits;
  private final int pictures;
  private final GrpcClient grpc;
  private final ScheduledExecutorService threads;

  private Callers(Digits digits, int pictures, URI grpc) {
    this.digits = digits;
    this.pictures = pictures;
    this.grpc = new GrpcClient(grpc);
    threads = Executors.newScheduledThreadPool(3 * PER_PROTOCOL);
  }

  /** Starts them; they send the first `pictures` held-out digits in turn. */
  static Callers start(MillraceSystem system, Digits digits, int pictures) {
    var callers = new Callers(digits, pictures, system.grpcUrl());
    var service = system.url(MillraceSystem.Part.SERVICE);
    for (var client : List.of(RestClient.json(service), RestClient.binary(service), callers.grpc)) {
      for (var index = 0; index < PER_PROTOCOL; index++) {
        callers.begin(client, index);
      }
    }
    return callers;
  }

  private void begin(InferClient client, int index) {
    var next = new AtomicInteger(index);
    var _ =
        threads.scheduleWithFixedDelay(
            () -> ask(client, next.getAndAdd(PER_PROTOCOL) % pictures),
            0,
            PAUSE_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  // A caller's boundary: a failed request is what the tests look for, so it is kept and the caller
  // goes on.
  private void ask(InferClient client, int picture) {
    var sent = System.nanoTime();
    try {
      var answer = client.infer(digits.picture(picture));
      observations.add(
          new Observation(client.protocol(), picture, answer, sent, System.nanoTime()));
      answers.incrementAndGet();
    } catch (IOException | RuntimeException e) {
      failures.add(client.protocol() + ": " + e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Answers so far. */
  int answers() {
    return answers.get();
  }

  /** What failed so far. */
  List<String> failures() {
    return new ArrayList<>(failures);
  }

  /** Lets requests in flight finish and returns all answers. */
  List<Observation> stop() throws InterruptedException {
    threads.shutdown();
    if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
      failures.add("A caller still waited for its answer 60 s after the end.");
    }
    return new ArrayList<>(observations);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    grpc.close();
  }
}
