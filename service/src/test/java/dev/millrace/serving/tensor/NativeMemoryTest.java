package dev.millrace.serving.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class NativeMemoryTest {
  private static final int LARGE = 64 << 20;

  @Test
  void holdsLittleEndianZeros() {
    try (var memory = new NativeMemory(12)) {
      assertThat(memory.buffer().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      assertThat(memory.buffer().isDirect()).isTrue();
      assertThat(memory.buffer().remaining()).isEqualTo(12);
      assertThat(memory.buffer().getLong(0)).isZero();
    }
  }

  @Test
  void mayBeEmpty() {
    try (var memory = new NativeMemory(0)) {
      assertThat(memory.buffer().hasRemaining()).isFalse();
    }
  }

  @Test
  void isUsedAndClosedByAnyThread() {
    var memory = new NativeMemory(8);
    CompletableFuture.runAsync(() -> memory.buffer().putLong(0, 7)).join();
    assertThat(memory.buffer().getLong(0)).isEqualTo(7);
    CompletableFuture.runAsync(memory::close).join();
    assertThatIllegalStateException().isThrownBy(() -> memory.buffer().getLong(0));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void goesBackToTheSystemAtOnce() throws Exception {
    var memory = new NativeMemory(LARGE);
    for (int at = 0; at < LARGE; at += 4096) {
      memory.buffer().put(at, (byte) 1);
    }
    long used = residentBytes();
    memory.close();
    assertThat(used - residentBytes()).isGreaterThan(LARGE / 2);
  }

  private static long residentBytes() throws Exception {
    var pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1];
    return Long.parseLong(pages) * 4096;
  }
}
