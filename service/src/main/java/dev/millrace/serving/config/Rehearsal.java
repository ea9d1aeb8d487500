package dev.millrace.serving.config;

import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.RehearsalModel;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;

/**
 * Asks the server by each protocol, through its own ports, before it tells others that it is ready:
 * otherwise the first clients would pay for what the JIT has not compiled yet, tens of times what a
 * request costs later. Nothing that fails here keeps the server from its work.
 */
final class Rehearsal implements ApplicationListener<ApplicationReadyEvent> {
  private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int CALLERS_PER_FORM = 3;

  /** One request in so many is in a hurry. */
  private static final int HURRY_EVERY = 4;

  /**
   * Callers ask for a while and rest for a while, so that on one core the JIT comes to its work.
   */
  private static final long PERIOD_NANOS = 150_000_000;

  private static final long ASKING_NANOS = 60_000_000;

  private final ModelCatalog catalog;
  private final NanoClock clock;
  private final Duration length;
  private final String host;
  private final IntSupplier grpcPort;
  private final CompletableFuture<Integer> httpPort = new CompletableFuture<>();

  /**
   * Asks both ports.
   *
   * @param host an address that reaches them
   * @param grpcPort asked once the server listens
   */
  Rehearsal(
      ModelCatalog catalog, NanoClock clock, Duration length, String host, IntSupplier grpcPort) {
    this.catalog = catalog;
    this.clock = clock;
    this.length = length;
    this.host = host;
    this.grpcPort = grpcPort;
  }

  @Override
  public void onApplicationEvent(ApplicationReadyEvent event) {
    var port = event.getApplicationContext().getEnvironment().getProperty("local.server.port");
    if (port != null) {
      httpPort.complete(Integer.parseInt(port));
    }
  }

  /** Blocks for the length of the rehearsal, or less when it cannot be held. */
  void run() {
    try (var model = new RehearsalModel(catalog, clock)) {
      int port = httpPort.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      long untilNanos = clock.nanos() + length.toNanos();
      rehearse(port, model.name(), untilNanos);
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      log.warn("The rehearsal could not be held; first requests will be slow", e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void rehearse(int port, String model, long untilNanos) throws InterruptedException {
    var callers = new ArrayList<Thread>();
    for (int i = 0; i < CALLERS_PER_FORM; i++) {
      callers.add(caller(() -> RehearsalHttp.json(host, port, model), untilNanos));
      callers.add(caller(() -> RehearsalHttp.binary(host, port, model), untilNanos));
      callers.add(caller(() -> new RehearsalGrpc(host, grpcPort.getAsInt(), model), untilNanos));
    }
    for (var caller : callers) {
      caller.join(length.plus(PATIENCE));
    }
  }

  /** Opens a connection. */
  private interface Opening {
    Call open() throws IOException;
  }

  /** A connection that can ask once more. */
  interface Call extends AutoCloseable {
    /**
     * Microseconds that a request in a hurry leaves the server: fewer than any answer takes, so
     * that no machine is too fast to refuse. Some are turned away at once, some expire in the
     * queue.
     */
    int HURRY_MICROS = 1;

    /** Asks and waits for the answer. */
    void ask() throws IOException;

    /**
     * The same in a hurry: a server under too much load sends refusals, which must not be slow.
     *
     * @return whether it was refused
     */
    boolean hurry() throws IOException;

    @Override
    void close() throws IOException;
  }

  private Thread caller(Opening opening, long untilNanos) {
    // Not virtual: with one core there is one carrier, and a thread that initialises a class holds
    // it while it may wait for another that then never runs.
    return Thread.ofPlatform()
        .name("rehearsal-caller")
        .daemon()
        .start(() -> call(opening, untilNanos));
  }

  private static boolean asksNow(long leftNanos) {
    if (leftNanos > PERIOD_NANOS - ASKING_NANOS) {
      return true;
    }
    LockSupport.parkNanos(Math.max(leftNanos, 1));
    return false;
  }

  private static void ask(Call call, int turn) throws IOException {
    if (turn % HURRY_EVERY == 0) {
      var _ = call.hurry();
    } else {
      call.ask();
    }
  }

  private void call(Opening opening, long untilNanos) {
    try (var call = opening.open()) {
      int turn = 0;
      for (long now = clock.nanos(); now < untilNanos && !catalog.draining(); now = clock.nanos()) {
        if (asksNow((untilNanos - now) % PERIOD_NANOS)) {
          ask(call, ++turn);
        }
      }
    } catch (IOException | RuntimeException e) {
      if (!catalog.draining()) {
        log.warn("A rehearsal broke off; first requests will be slow", e);
      }
    }
  }
}
