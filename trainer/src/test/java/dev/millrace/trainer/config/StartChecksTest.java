package dev.millrace.trainer.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StartChecksTest {
  @Test
  void acceptsLoopbackWithAnyFreePort() {
    assertThatCode(() -> StartChecks.require(Map.of("MILLRACE_TRAINER_PORT", "0")))
        .doesNotThrowAnyException();
  }

  @Test
  void refusesAnOpenAddressWithoutToken() {
    var open = Map.of("MILLRACE_TRAINER_ADDRESS", "0.0.0.0", "MILLRACE_TRAINER_PORT", "0");

    assertThatThrownBy(() -> StartChecks.require(open))
        .isInstanceOf(StartRefused.class)
        .hasMessage(
            "MILLRACE_TRAINER_ADDRESS is 0.0.0.0, which others can reach: set MILLRACE_TRAINER_TOKEN, or leave the address at 127.0.0.1.");
  }

  @Test
  void acceptsAnOpenAddressWithToken() {
    var open =
        Map.of(
            "MILLRACE_TRAINER_ADDRESS", "0.0.0.0",
            "MILLRACE_TRAINER_PORT", "0",
            "MILLRACE_TRAINER_TOKEN", "secret");

    assertThatCode(() -> StartChecks.require(open)).doesNotThrowAnyException();
  }

  @Test
  void namesThePortThatIsInUse() throws IOException {
    try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = String.valueOf(other.getLocalPort());

      assertThatThrownBy(() -> StartChecks.require(Map.of("MILLRACE_TRAINER_PORT", port)))
          .isInstanceOf(StartRefused.class)
          .hasMessageStartingWith("Port " + port + " of 127.0.0.1 cannot be opened (")
          .hasMessageEndingWith("or set MILLRACE_TRAINER_PORT to another port.");
    }
  }

  @Test
  void refusesWhatIsNoPort() {
    assertThatThrownBy(() -> StartChecks.require(Map.of("MILLRACE_TRAINER_PORT", "http")))
        .isInstanceOf(StartRefused.class)
        .hasMessage("MILLRACE_TRAINER_PORT is 'http'; expected 0 to 65535.");
  }
}
