package dev.millrace.store.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks another resolver and gives up after a while.
 *
 * <p>A look-up in a dead DNS blocks its thread inside the system for up to half a minute. A virtual
 * thread would keep its carrier, of which there are as few as processors, and with it all requests
 * of the store; so look-ups have threads of their own.
 */
final class PatientResolver implements Resolver, AutoCloseable {
  private static final int THREADS = 32;
  private static final int WAITING = 1_000;

  private final Resolver resolver;
  private final Duration limit;
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(WAITING),
          Thread.ofPlatform().name("webhook-names-", 0).daemon().factory());

  PatientResolver(Resolver resolver, Duration limit) {
    this.resolver = resolver;
    this.limit = limit;
    threads.allowCoreThreadTimeOut(true);
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    try {
      var lookup = threads.submit(() -> resolver.resolve(host));
      try {
        return lookup.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        lookup.cancel(true);
      }
    } catch (RejectedExecutionException | TimeoutException _) {
      throw new UnknownHostException("no answer within " + limit.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw unknown(host, e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new UnknownHostException("interrupted");
    }
  }

  private static UnknownHostException unknown(String host, ExecutionException failure) {
    return failure.getCause() instanceof UnknownHostException unknown
        ? unknown
        : new UnknownHostException(host + ": " + failure.getMessage());
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
