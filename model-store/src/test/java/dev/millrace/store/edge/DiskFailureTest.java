package dev.millrace.store.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.failure.ErrorCode;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        DiskFailure.refusal(new FileSystemException("/secret/f", null, "Not a directory"), "PUT")
            .orElseThrow();
    assertThat(refusal.code()).isEqualTo(ErrorCode.INTERNAL_ERROR);
    assertThat(refusal).hasMessageContaining("(Not a directory)").hasMessageNotContaining("secret");
    assertThat(DiskFailure.refusal(new IllegalStateException("x"), "PUT")).isEmpty();
    assertThat(DiskFailure.refusal(new IOException("Broken pipe"), "PUT")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD"})
  void whatCannotBeReadIs500AndSpeaksOfNoWrite(String method) {
    for (var failure :
        List.of(
            new AccessDeniedException("/secret/f"),
            new FileSystemException("/secret/f", null, "Permission denied"))) {
      var refusal = DiskFailure.refusal(failure, method).orElseThrow();
      assertThat(refusal.code().status()).isEqualTo(500);
      assertThat(refusal)
          .hasMessageStartingWith("The store cannot read its artifacts (")
          .hasMessageContaining("ermission denied")
          .hasMessageNotContainingAny("secret", "write", "stored");
    }
    assertThat(DiskFailure.refusal(new FileSystemException("f"), method)).isEmpty();
    assertThat(DiskFailure.refusal(new IOException("Input/output error"), method)).isEmpty();
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
    return DiskFailure.refusal(failure, "PUT").orElseThrow().code();
  }
}
