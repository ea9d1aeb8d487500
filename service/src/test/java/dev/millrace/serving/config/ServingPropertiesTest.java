package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.repository.ControlMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.ClassPathResource;
import org.springframework.util.unit.DataSize;

class ServingPropertiesTest {
  @Test
  void hasTheseNamesAndDefaults() {
    assertThat(properties(Map.of()))
        .isEqualTo(
            new ServingProperties(
                Path.of(".millrace"),
                new ServingProperties.Http(
                    "127.0.0.1", 8080, 0, DataSize.ofMegabytes(64), Duration.ofSeconds(75)),
                new ServingProperties.Grpc(9000, Duration.ofSeconds(10)),
                new ServingProperties.Management(8081, "127.0.0.1", ""),
                new ServingProperties.Directory("", "", ControlMode.NONE, false),
                new ServingProperties.Store(
                    URI.create("http://127.0.0.1:5000"), "", "champion", Duration.ofSeconds(30)),
                "",
                Duration.ofSeconds(1),
                new ServingProperties.Engine(
                    1,
                    0,
                    64,
                    Duration.ZERO,
                    8192,
                    "",
                    DataSize.ofBytes(0),
                    new ServingProperties.Placement(DataSize.ofBytes(0), 0.9, 0, 1024)),
                new ServingProperties.Devices(
                    "libnvidia-ml.so.1", "nvidia-smi", Duration.ofSeconds(10)),
                Duration.ofMillis(1_500),
                false,
                new ServingProperties.Pictures(
                    DataSize.ofMegabytes(16), 4_000_000, Duration.ofSeconds(10)),
                new ServingProperties.Stop(1, Duration.ofSeconds(20))));
  }

  @Test
  void readsTheEnvironment() {
    var properties =
        properties(
            Map.ofEntries(
                Map.entry("MILLRACE_HOME", "/srv/millrace"),
                Map.entry("MILLRACE_BIND_ADDRESS", "0.0.0.0"),
                Map.entry("MILLRACE_HTTP_PORT", "1"),
                Map.entry("MILLRACE_GRPC_PORT", "2"),
                Map.entry("MILLRACE_MANAGEMENT_PORT", "3"),
                Map.entry("MILLRACE_MANAGEMENT_ADDRESS", "0.0.0.0"),
                Map.entry("MILLRACE_MANAGEMENT_TOKEN", "secret"),
                Map.entry("MILLRACE_MODELS", "/models"),
                Map.entry("MILLRACE_MODEL_NAME", "iris"),
                Map.entry("MILLRACE_MODEL_CONTROL", "explicit"),
                Map.entry("MILLRACE_STORE_PORT", "4"),
                Map.entry("MILLRACE_STORE_TOKEN", "t"),
                Map.entry("MILLRACE_ALIAS", "challenger"),
                Map.entry("MILLRACE_STORE_WATCH", "0s"),
                Map.entry("MILLRACE_DEFAULT_MODEL", "iris"),
                Map.entry("MILLRACE_POLL_INTERVAL", "250ms"),
                Map.entry("MILLRACE_ALLOW_SHARED_MEMORY", "true"),
                Map.entry("MILLRACE_DRAIN_SECONDS", "5")));
    assertThat(properties.home()).isEqualTo(Path.of("/srv/millrace"));
    assertThat(properties.allowSharedMemory()).isTrue();
    assertThat(properties.http().address()).isEqualTo("0.0.0.0");
    assertThat(properties.http().port()).isEqualTo(1);
    assertThat(properties.grpc().port()).isEqualTo(2);
    assertThat(properties.management())
        .isEqualTo(new ServingProperties.Management(3, "0.0.0.0", "secret"));
    assertThat(properties.directory())
        .isEqualTo(new ServingProperties.Directory("/models", "iris", ControlMode.EXPLICIT, false));
    assertThat(properties.store())
        .isEqualTo(
            new ServingProperties.Store(
                URI.create("http://127.0.0.1:4"), "t", "challenger", Duration.ZERO));
    assertThat(properties.defaultModel()).isEqualTo("iris");
    assertThat(properties.pollInterval()).isEqualTo(Duration.ofMillis(250));
    assertThat(properties.stop().drain()).isEqualTo(Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          MILLRACE_HTTP_PORT          | 70000    | MILLRACE_HTTP_PORT is '70000'; it must be 0 (any free port) to 65535.
          MILLRACE_MANAGEMENT_PORT    | 8080     | MILLRACE_MANAGEMENT_PORT is '8080'; it must be another port than MILLRACE_HTTP_PORT.
          MILLRACE_MANAGEMENT_ADDRESS | 0.0.0.0  | MILLRACE_MANAGEMENT_ADDRESS is '0.0.0.0'; it must be a loopback address such as 127.0.0.1 as long as MILLRACE_MANAGEMENT_TOKEN is not set.
          MILLRACE_STORE_URL          | store:80 | MILLRACE_STORE_URL is 'store:80'; it must be a URL that begins with http:// or https://.
          MILLRACE_POLL_INTERVAL      | 0s       | MILLRACE_POLL_INTERVAL is 'PT0S'; it must be more than 0.
          MILLRACE_STORE_WATCH        | 61s      | MILLRACE_STORE_WATCH is 'PT1M1S'; it must be 1s to 60s, or 0s for polling alone.
          MILLRACE_MAX_BODY           | 3GB      | MILLRACE_MAX_BODY is '3221225472B'; it must be more than 0 and less than 2 GiB, for example 64MB.
          MILLRACE_RESPONSE_CACHE_MEMORY | 2TB   | MILLRACE_RESPONSE_CACHE_MEMORY is '2199023255552B'; it must be 0 (a quarter of the heap) to half of the heap, such as 256MB.
          MILLRACE_HTTP_IDLE_TIMEOUT  | 0s       | MILLRACE_HTTP_IDLE_TIMEOUT is 'PT0S'; it must be more than 0.
          MILLRACE_DRAIN_SECONDS      | 200      | MILLRACE_DRAIN_SECONDS is '200'; it must be 0 to 100.
          MILLRACE_STOP_LIMIT         | 0s       | MILLRACE_STOP_LIMIT is 'PT0S'; it must be more than 0 and at most 100s.
          """)
  void saysWhichVariableIsWrongAndWhatItMustBe(String variable, String value, String expected) {
    assertThatThrownBy(() -> properties(Map.of(variable, value)))
        .satisfies(failure -> assertThat(StartFailures.explain(failure, null)).isEqualTo(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          MILLRACE_HTTP_PORT     | http    | MILLRACE_HTTP_PORT is not understood: For input string: "http"
          MILLRACE_MODEL_CONTROL | maybe   | MILLRACE_MODEL_CONTROL is not understood:
          MILLRACE_POLL_INTERVAL | a while | MILLRACE_POLL_INTERVAL is not understood: 'a while' is not a valid duration. docs/configuration.md says what it may be.
          """)
  void saysWhatItDoesNotUnderstand(String variable, String value, String expected) {
    assertThatThrownBy(() -> properties(Map.of(variable, value)))
        .satisfies(
            failure -> assertThat(StartFailures.explain(failure, null)).startsWith(expected));
  }

  private static ServingProperties properties(Map<String, Object> variables) {
    var environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .forEach(source -> environment.getPropertySources().remove(source.getName()));
    environment.getPropertySources().addFirst(new MapPropertySource("variables", variables));
    try {
      new YamlPropertySourceLoader()
          .load("yaml", new ClassPathResource("application.yaml"))
          .forEach(environment.getPropertySources()::addLast);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Binder.get(environment).bind("serving", ServingProperties.class).get();
  }
}
