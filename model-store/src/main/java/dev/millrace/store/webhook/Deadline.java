package dev.millrace.store.webhook;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a socket when its time is over, which ends whatever its thread waits for: a handshake, a
 * write that nobody takes, an answer that comes a byte at a time.
 */
final class Deadline implements AutoCloseable {
  private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> closing;

  Deadline(Socket socket, long nanos) {
    closing =
        done.orTimeout(nanos, TimeUnit.NANOSECONDS)
            .exceptionally(
                _ -> {
                  closeQuietly(socket);
                  return null;
                });
  }

  boolean hasPassed() {
    return done.isCompletedExceptionally();
  }

  /** The socket is left alone from here on. */
  @Override
  public void close() {
    done.complete(null);
    closing.cancel(false);
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
