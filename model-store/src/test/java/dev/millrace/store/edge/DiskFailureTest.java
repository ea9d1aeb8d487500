package dev.millrace.store.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.failure.ErrorCode;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import org.junit.jupiter.api.Test;

class DiskFailureTest {
  @Test
  void aFullDiskIs507() {
    var full = code(failureOf("/dev/full"));
    assertThat(full).isEqualTo(ErrorCode.RESOURCE_LIMIT_EXCEEDED);
    assertThat(full.status()).isEqualTo(507);
    assertThat(code(new FileSystemException("f", null, "Disk quota exceeded"))).isEqualTo(full);
    assertThat(code(new UncheckedIOException(new IOException("No space left on device"))))
        .isEqualTo(full);
  }

  @Test
  void aDiskThatCannotBeWrittenIs503() {
    assertThat(code(new AccessDeniedException("f"))).isEqualTo(ErrorCode.TEMPORARILY_UNAVAILABLE);
    assertThat(code(new FileSystemException("f", null, "Read-only file system")))
        .isEqualTo(ErrorCode.TEMPORARILY_UNAVAILABLE);
  }

  @Test
  void anotherReasonIsNamedWithoutThePath() {
    var refusal =
        DiskFailure.refusal(new FileSystemException("/secret/f", null, "Not a directory"))
            .orElseThrow();
    assertThat(refusal.code()).isEqualTo(ErrorCode.INTERNAL_ERROR);
    assertThat(refusal).hasMessageContaining("(Not a directory)").hasMessageNotContaining("secret");
    assertThat(DiskFailure.refusal(new IllegalStateException("x"))).isEmpty();
    assertThat(DiskFailure.refusal(new IOException("Broken pipe"))).isEmpty();
  }

  /** What the system says of a device that is always full. */
  private static IOException failureOf(String device) {
    try (var stream = new FileOutputStream(device)) {
      stream.write(1);
    } catch (IOException e) {
      return e;
    }
    throw new AssertionError(device + " took a byte");
  }

  private static ErrorCode code(Exception failure) {
    return DiskFailure.refusal(failure).orElseThrow().code();
  }
}
