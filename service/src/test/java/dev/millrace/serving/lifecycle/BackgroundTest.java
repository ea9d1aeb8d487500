package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class BackgroundTest {
  private static final Path STATUS = Path.of("/proc/thread-self/stat");

  /** Counted from the end of the name, which is in parentheses and may hold blanks. */
  private static final int NICENESS = 17;

  @Test
  void returnsWhatTheWorkReturnsAndThrowsWhatItThrows() {
    assertThat(Background.call(() -> Thread.currentThread().getName(), Haste.NONE))
        .endsWith("-background");
    var refused = new IllegalStateException("refused");
    assertThatThrownBy(
            () ->
                Background.run(
                    () -> {
                      throw refused;
                    },
                    Haste.NONE))
        .isSameAs(refused);
    var broken = new AssertionError("broken");
    assertThatThrownBy(
            () ->
                Background.run(
                    () -> {
                      throw broken;
                    },
                    Haste.NONE))
        .isSameAs(broken);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void yieldsToOthersWithoutSlowingDownWhoAsked() {
    assertThat(STATUS).isReadable();
    int before = niceness();
    assertThat(Background.call(BackgroundTest::niceness, Haste.NONE)).isEqualTo(19);
    assertThat(Background.call(BackgroundTest::niceness, Haste.AWAITED)).isEqualTo(5);
    assertThat(niceness()).isEqualTo(before);
  }

  @Test
  void passesAnInterruptOn() throws Exception {
    var interrupted = new CompletableFuture<Boolean>();
    var started = new CompletableFuture<Void>();
    var asking =
        Thread.ofPlatform()
            .start(
                () ->
                    Background.run(
                        () -> {
                          started.complete(null);
                          try {
                            new CompletableFuture<Void>().get(20, TimeUnit.SECONDS);
                            interrupted.complete(false);
                          } catch (InterruptedException _) {
                            interrupted.complete(true);
                          } catch (Exception e) {
                            interrupted.completeExceptionally(e);
                          }
                        },
                        Haste.AWAITED));
    started.get(10, TimeUnit.SECONDS);
    asking.interrupt();
    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(asking.join(Duration.ofSeconds(10))).isTrue();
  }

  private static int niceness() {
    try {
      var stat = Files.readString(STATUS);
      return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 1).split(" ", -1)[NICENESS]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
