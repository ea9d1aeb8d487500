package dev.millrace.loadtest.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerProcessTest {
  @TempDir Path folder;

  @Test
  void aMissingJarIsNamedWithTheWayToBuildIt() {
    var jar = folder.resolve("none.jar");
    assertThatThrownBy(
            () -> ServerProcess.start("service", jar, List.of(), Map.of(), folder.resolve("log")))
        .hasMessage("The jar of service, '%s', does not exist. Build it with 'mvn package'.", jar);
  }

  @Test
  void freePortsDiffer() {
    assertThat(new HashSet<>(FreePorts.find(5))).hasSize(5);
  }

  @Test
  void readsTheProcessorTimeOfAProcess() throws Exception {
    assertThat(Processors.cpuTime(ProcessHandle.current().pid())).isPositive();
  }
}
