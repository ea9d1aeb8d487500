package dev.millrace.trainer.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the trainer; application.yaml says which environment variable each comes from.
 *
 * @param home where state lies
 * @param token asked of callers; null or blank for none
 * @param threads for each operation of the network
 * @param store where runs and models go
 */
@ConfigurationProperties("millrace.trainer")
record TrainerSettings(Path home, @Nullable String token, int threads, Store store) {
  /**
   * The model store.
   *
   * @param patience how long a store that is away is waited for
   */
  record Store(URI url, @Nullable String token, Duration patience) {}

  TrainerSettings {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "millrace.trainer.threads is " + threads + "; expected 1 or more");
    }
  }
}
