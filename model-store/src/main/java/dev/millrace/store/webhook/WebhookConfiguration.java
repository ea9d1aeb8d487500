package dev.millrace.store.webhook;

import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StartFailure;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLSocketFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the webhooks. */
@Configuration(proxyBeanMethods = false)
class WebhookConfiguration {
  private static final int MOST_RETRIES = 20;
  private static final Duration NAME_LIMIT = Duration.ofSeconds(5);

  @Bean
  Changes webhookChanges() {
    return new Changes();
  }

  @Bean
  PatientResolver webhookNames() {
    return new PatientResolver(InetAddress::getAllByName, NAME_LIMIT);
  }

  @Bean
  Receivers webhookReceivers(
      @Value("${millrace.webhook.allowed-schemes}") List<String> schemes,
      @Value("${millrace.webhook.allow-private-ips}") boolean allowPrivate,
      PatientResolver names) {
    var allowed = new LinkedHashSet<String>();
    schemes.forEach(scheme -> allowed.add(scheme.strip().toLowerCase(Locale.ROOT)));
    var reach = allowPrivate ? Receivers.Reach.ANY : Receivers.Reach.PUBLIC;
    return new Receivers(allowed, reach, names);
  }

  @Bean
  SecretBox webhookSecrets(
      @Value("${millrace.webhook.secret-encryption-key}") String setting,
      @Value("${millrace.home}/store/webhook.key") Path file) {
    return new SecretBox(SecretKey.of(setting, file));
  }

  @Bean
  Sender webhookSender(
      Receivers receivers,
      SecretBox secrets,
      @Value("${millrace.webhook.request-timeout}") @DurationUnit(ChronoUnit.SECONDS)
          Duration limit) {
    var tls = (SSLSocketFactory) SSLSocketFactory.getDefault();
    return new Sender(receivers, secrets, new HttpPost(tls, positive(limit)), Clock.systemUTC());
  }

  @Bean
  Webhooks webhooks(
      Database database,
      JdbcWebhooks rows,
      JdbcDeliveries deliveries,
      Receivers receivers,
      SecretBox secrets,
      Sender sender) {
    return new Webhooks(database, rows, deliveries, receivers, secrets, sender);
  }

  @Bean
  Dispatcher webhookDispatcher(
      Database database,
      JdbcWebhooks webhooks,
      JdbcDeliveries rows,
      Sender sender,
      Changes changes,
      RetryPolicy policy) {
    var clock = Clock.systemUTC();
    var deliveries = new Deliveries(database, webhooks, rows, policy, clock);
    return new Dispatcher(deliveries, sender, changes, clock);
  }

  @Bean
  RetryPolicy webhookRetries(
      @Value("${millrace.webhook.request-max-retries}") int retries,
      @Value("${millrace.webhook.backoff}") Duration backoff) {
    if (retries < 0 || retries > MOST_RETRIES) {
      throw new StartFailure(
          "MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES is %s; it must lie between 0 and %s"
              .formatted(retries, MOST_RETRIES));
    }
    return new RetryPolicy(retries, backoff);
  }

  private static Duration positive(Duration limit) {
    if (limit.isZero() || limit.isNegative()) {
      throw new StartFailure(
          "MLFLOW_WEBHOOK_REQUEST_TIMEOUT is %s; it must be a positive number of seconds"
              .formatted(limit));
    }
    return limit;
  }
}
