package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.millrace.store.failure.StartFailure;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.io.ClassPathResource;

class SettingsTest {
  @Test
  void theseAreTheVariablesAndTheirDefaults() throws IOException {
    assertThat(settings())
        .contains(
            entry("server.address", "${MILLRACE_STORE_ADDRESS:127.0.0.1}"),
            entry("server.port", "${MILLRACE_STORE_PORT:5000}"),
            entry("millrace.home", "${MILLRACE_HOME:.millrace}"),
            entry("millrace.store-token", "${MILLRACE_STORE_TOKEN:}"),
            entry("millrace.store-database", "${MILLRACE_STORE_DATABASE:}"),
            entry("millrace.store-database-user", "${MILLRACE_STORE_DATABASE_USER:}"),
            entry("millrace.store-database-password", "${MILLRACE_STORE_DATABASE_PASSWORD:}"),
            entry(
                "millrace.store-database-connections", "${MILLRACE_STORE_DATABASE_CONNECTIONS:16}"),
            entry("millrace.webhook.allowed-schemes", "${MLFLOW_WEBHOOK_ALLOWED_SCHEMES:https}"),
            entry(
                "millrace.webhook.allow-private-ips", "${MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS:false}"),
            entry(
                "millrace.webhook.secret-encryption-key",
                "${MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY:}"),
            entry("millrace.webhook.request-timeout", "${MLFLOW_WEBHOOK_REQUEST_TIMEOUT:30}"),
            entry(
                "millrace.webhook.request-max-retries", "${MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES:3}"),
            entry("millrace.webhook.backoff", "1s"),
            entry("server.shutdown", "graceful"),
            entry("spring.threads.virtual.enabled", "true"));
    assertThat(settings().keySet()).filteredOn(name -> name.startsWith("millrace")).hasSize(12);
  }

  @Test
  void explainsAFailureInOneSentence() {
    var inUse = new IllegalStateException("outer", new PortInUseException(5000));
    assertThat(StartFailure.explain(inUse))
        .isEqualTo(
            "Port 5000 (MILLRACE_STORE_PORT) is in use. Stop what listens there, or set another port.");
    var setting = new IllegalStateException("outer", new StartFailure("Set a token."));
    assertThat(StartFailure.explain(setting)).isEqualTo("Set a token.");
    var other = new IllegalStateException("outer", new IOException("disk full"));
    assertThat(StartFailure.explain(other)).isEqualTo("The store cannot start: disk full");
  }

  private static Map<String, String> settings() throws IOException {
    var settings = new LinkedHashMap<String, String>();
    for (var source :
        new YamlPropertySourceLoader().load("store", new ClassPathResource("application.yaml"))) {
      for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
        settings.put(name, String.valueOf(source.getProperty(name)));
      }
    }
    return settings;
  }
}
