package dev.millrace.serving.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The library of src/test/c/nvml_stub.c, compiled by the machine's C compiler. */
public final class NvmlStub {
  private final Path library;
  private final Path state;

  private NvmlStub(Path library, Path state) {
    this.library = library;
    this.state = state;
  }

  /** Compiles it into a folder. */
  public static NvmlStub compiledInto(Path folder) throws IOException, InterruptedException {
    var library = folder.resolve("libnvidia-ml.so.1");
    var compiler =
        new ProcessBuilder(
                "cc",
                "-shared",
                "-fPIC",
                "-O1",
                "-Wall",
                "-Werror",
                "-o",
                library.toString(),
                "src/test/c/nvml_stub.c")
            .redirectErrorStream(true)
            .start();
    assertThat(compiler.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(compiler.exitValue())
        .as(new String(compiler.getInputStream().readAllBytes(), UTF_8))
        .isZero();
    var stub = new NvmlStub(library, folder.resolve("state"));
    stub.tellWhereItsStateIs();
    return stub;
  }

  @SuppressWarnings("restricted") // calling a C library is what it is for
  private void tellWhereItsStateIs() {
    try (var arena = Arena.ofConfined()) {
      var function =
          SymbolLookup.libraryLookup(library, Arena.global()).find("stub_state_file").orElseThrow();
      var _ =
          Linker.nativeLinker()
              .downcallHandle(function, FunctionDescriptor.ofVoid(ADDRESS))
              .invokeWithArguments(arena.allocateFrom(state.toString()));
    } catch (Throwable e) {
      throw new AssertionError("The stub was not told", e);
    }
  }

  /** For dlopen. */
  public String path() {
    return library.toString();
  }

  /** Such as {@code lost 0}, or nothing. */
  public void say(String lines) throws IOException {
    Files.writeString(state, lines);
  }
}
