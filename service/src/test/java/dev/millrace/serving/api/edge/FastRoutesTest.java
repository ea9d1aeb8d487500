package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.serving.telemetry.FailureReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FastRoutesTest {
  private final List<String> seen = new ArrayList<>();
  private final FastRoute both =
      new FastRoutes(List.of(new Noted("infer", "/v2"), new Noted("scoring", "/invocations")));

  @Test
  void takesWhatOneOfThemTakes() {
    assertThat(both.takes("/v2/models/m/infer")).isTrue();
    assertThat(both.takes("/invocations")).isTrue();
    assertThat(both.takes("/health")).isFalse();
  }

  @Test
  void countsRefusalsWithTheRouteThatTakesThemAndElseWithTheFirst() {
    both.refused("/invocations", FailureReason.CANCELED);
    both.refused("", FailureReason.OTHER);
    assertThat(seen).containsExactly("scoring CANCELED", "infer OTHER");
  }

  @Test
  void wantsOne() {
    assertThatIllegalArgumentException().isThrownBy(() -> new FastRoutes(List.of()));
  }

  private final class Noted implements FastRoute {
    private final String name;
    private final String prefix;

    Noted(String name, String prefix) {
      this.name = name;
      this.prefix = prefix;
    }

    @Override
    public boolean takes(String uri) {
      return uri.startsWith(prefix);
    }

    @Override
    public void handle(FastRequest request, FastExchange exchange) {
      seen.add(name);
    }

    @Override
    public void refused(String uri, FailureReason reason) {
      seen.add(name + " " + reason);
    }
  }
}
