package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.StoreApplication;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.TestDatabase;
import dev.millrace.store.registry.RegistryEvent;
import dev.millrace.store.search.Page;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** Two processes and one book of deliveries; time is moved by hand. */
class DeliveriesIT {
  private static final Outcome RECEIVED = new Outcome.Answered(200, "", null);

  @TempDir private static Path home;
  private static ConfigurableApplicationContext store;

  private final HandClock clock = new HandClock();
  private final Deliveries one = deliveries();
  private final Deliveries other = deliveries();
  private String webhook;

  private static final class HandClock extends Clock {
    private Instant now = Instant.now().plus(Duration.ofMinutes(1));

    void pass(Duration duration) {
      now = now.plus(duration);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @BeforeAll
  static void start() {
    store =
        new SpringApplicationBuilder(StoreApplication.class)
            .run(
                "--server.port=0",
                "--millrace.home=" + home,
                "--millrace.store-database=" + TestDatabase.address(home),
                "--logging.level.dev.millrace=error");
    // Nobody sends but the test.
    store.getBean(Dispatcher.class).stop();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @BeforeEach
  void createWebhook() {
    var change =
        new WebhookChange(
            "hook",
            "https://8.8.8.8/",
            List.of(EventType.MODEL_VERSION_ALIAS_DELETED),
            null,
            null,
            null);
    webhook = store.getBean(Webhooks.class).create(change).webhookId();
  }

  @Test
  void onlyOneTakesADeliveryAndTheNextWaitsForItsEnd() {
    tell(2);
    var first = one.take(webhook).orElseThrow();
    assertThat(other.take(webhook)).isEmpty();
    assertThat(readyAt(other)).isEqualTo(clock.millis() + Deliveries.LEASE.toMillis());
    other.release();
    assertThat(other.take(webhook)).isEmpty();
    one.settle(first, RECEIVED);
    assertThat(other.take(webhook).orElseThrow().number()).isGreaterThan(first.number());
  }

  @Test
  void aLeaseRunsOutUnlessItIsRenewed() {
    tell(1);
    var taken = one.take(webhook).orElseThrow();
    clock.pass(Deliveries.LEASE.minusSeconds(1));
    one.renew();
    clock.pass(Deliveries.LEASE.minusSeconds(1));
    assertThat(other.take(webhook)).isEmpty();
    clock.pass(Duration.ofSeconds(1));
    assertThat(other.take(webhook).map(Delivery::id)).contains(taken.id());
    // Too late: it is the other's now.
    one.renew();
    one.settle(taken, RECEIVED);
    assertThat(report().status()).isEqualTo("PENDING");
    assertThat(report().attempts()).isZero();
  }

  @Test
  void takesAgainWhatItCouldNotSettle() {
    tell(1);
    var taken = one.take(webhook).orElseThrow();
    one.renew();
    assertThat(readyAt(one)).isLessThanOrEqualTo(clock.millis());
    assertThat(one.take(webhook)).contains(taken);
  }

  @Test
  void whatIsReleasedCanBeTakenAtOnce() {
    tell(1);
    var taken = one.take(webhook).orElseThrow();
    one.release();
    assertThat(other.take(webhook)).contains(taken);
  }

  @Test
  void waitsBetweenAttemptsAndCountsThem() {
    tell(1);
    var taken = one.take(webhook).orElseThrow();
    var busy = new Outcome.Answered(503, "", Duration.ofSeconds(30));
    assertThat(one.settleAndTakeNext(taken, busy)).isEmpty();
    assertThat(readyAt(other)).isEqualTo(clock.millis() + 30_000);
    clock.pass(Duration.ofSeconds(29));
    assertThat(other.take(webhook)).isEmpty();
    clock.pass(Duration.ofSeconds(1));
    assertThat(other.take(webhook).orElseThrow().attempts()).isEqualTo(1);
  }

  @Test
  void whatComesOnTopOfTenThousandIsGivenUp() {
    tell(10_001);
    assertThat(report().status()).isEqualTo("FAILED");
    assertThat(report().errorMessage()).isEqualTo("10000 deliveries of this webhook wait already");
    var taken = one.take(webhook).orElseThrow();
    one.settle(taken, RECEIVED);
    tell(1);
    assertThat(report().status()).isEqualTo("PENDING");
  }

  private Deliveries deliveries() {
    return new Deliveries(
        store.getBean(Database.class),
        store.getBean(JdbcWebhooks.class),
        store.getBean(JdbcDeliveries.class),
        new RetryPolicy(3, Duration.ofSeconds(1)),
        clock);
  }

  private static void tell(int events) {
    var event = new RegistryEvent.AliasDeleted(RegistryEvent.Kind.MODEL, "m", "a");
    var outbox = store.getBean(Outbox.class);
    store
        .getBean(Database.class)
        .write(
            () -> {
              for (int i = 0; i < events; i++) {
                outbox.tell(event);
              }
            });
  }

  private long readyAt(Deliveries deliveries) {
    return deliveries.heads().stream()
        .filter(head -> head.webhookId().equals(webhook))
        .findFirst()
        .orElseThrow()
        .readyAt();
  }

  private DeliveryReport report() {
    var page = Page.Request.of(1, null);
    return store.getBean(Webhooks.class).reports(webhook, page).items().getFirst();
  }
}
