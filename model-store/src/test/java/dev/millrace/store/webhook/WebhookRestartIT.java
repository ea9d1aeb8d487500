package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of deliveries when the store stops, or when two stores share a database. */
class WebhookRestartIT {
  @TempDir private Path home;
  private Inbox inbox;

  @BeforeEach
  void open() throws IOException {
    inbox = new Inbox();
  }

  @AfterEach
  void close() {
    inbox.close();
  }

  @Test
  void goesOnAfterARestartInTheMiddleOfRetries() throws InterruptedException {
    inbox.answering(503, Map.of("Retry-After", "2"), "");
    String id;
    String first;
    try (var store = Hooked.in(home)) {
      id = store.signedWebhook(inbox.url(), "s", "registered_model.created");
      store.createModel("a");
      store.createModel("b");
      first = inbox.next().deliveryId();
      store.deliveriesOnce(id, all -> all.path(1).path("attempts").asInt() == 1);
    }
    assertThat(inbox.rest()).isEmpty();
    try (var store = Hooked.in(home)) {
      var again = inbox.next();
      assertThat(again.deliveryId()).isEqualTo(first);
      assertThat(again.headers()).containsKey("x-mlflow-signature");
      assertThat(again.data().path("name").asString()).isEqualTo("a");
      assertThat(inbox.next().data().path("name").asString()).isEqualTo("b");
      store.deliveriesOnce(id, all -> all.path(1).path("status").asString().equals("DELIVERED"));
    }
  }

  @Test
  void anAttemptUnderWayDoesNotKeepTheStoreFromStopping() throws IOException {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var url = "http://127.0.0.1:" + silent.getLocalPort() + "/";
      String id;
      try (var store = Hooked.in(home)) {
        id = store.webhook(url, "registered_model.created");
        store.createModel("a");
        silent.accept();
      }
      try (var store = Hooked.in(home)) {
        // Sent again at once, and the attempt that was broken off does not count.
        silent.accept();
        assertThat(store.deliveries(id).at("/0/attempts").asInt()).isZero();
      }
    }
  }

  @Test
  void aLostKeyFailsTheDeliveryUntilTheSecretIsSetAgain() throws IOException, InterruptedException {
    String id;
    try (var store = Hooked.in(home)) {
      id = store.signedWebhook(inbox.url(), "s", "registered_model.created");
    }
    Files.delete(home.resolve("store/webhook.key"));
    try (var store = Hooked.in(home)) {
      store.createModel("a");
      var delivery = store.finishedDelivery(id);
      assertThat(delivery.path("error_message").asString())
          .startsWith("The secret cannot be decrypted");
      assertThat(store.test(id, "{}").path("error_message").asString())
          .startsWith("Failed to test webhook: The secret cannot be decrypted");
      assertThat(inbox.rest()).isEmpty();
      store.update(id, "{\"secret\":\"s\"}");
      store.createModel("b");
      assertThat(inbox.next().data().path("name").asString()).isEqualTo("b");
    }
  }

  @Test
  void aNarrowerSettingHoldsForOldWebhooksToo() {
    String id;
    try (var store = Hooked.in(home)) {
      id = store.webhook(inbox.url(), "registered_model.created");
    }
    try (var store = Hooked.in(home, "--millrace.webhook.allow-private-ips=false")) {
      store.createModel("a");
      assertThat(store.finishedDelivery(id).path("error_message").asString())
          .isEqualTo(
              "Webhook URL must not resolve to a non-public IP address. '127.0.0.1' resolves to 127.0.0.1.");
    }
    try (var store = Hooked.in(home, "--millrace.webhook.allowed-schemes=https")) {
      store.createModel("b");
      assertThat(store.finishedDelivery(id).path("error_message").asString())
          .isEqualTo("Invalid webhook URL scheme: 'http'. Allowed schemes are: https.");
    }
    assertThat(inbox.rest()).isEmpty();
  }

  @Test
  void twoStoresOnOneDatabaseSendEachDeliveryOnceAndInOrder() throws Exception {
    try (var one = Hooked.in(home);
        var other = Hooked.in(home);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      one.webhook(inbox.url(), "registered_model.created");
      Future<?> ones = threads.submit(() -> createModels(one, "one"));
      Future<?> others = threads.submit(() -> createModels(other, "other"));
      ones.get();
      others.get();
      var received = inbox.next(100);
      assertThat(received.stream().map(Inbox.Received::deliveryId).distinct()).hasSize(100);
      assertThat(
              received.stream()
                  .map(delivery -> delivery.data().path("name").asString())
                  .filter(name -> name.startsWith("one")))
          .isSorted();
    }
    assertThat(inbox.rest()).isEmpty();
  }

  private static void createModels(Hooked store, String name) {
    for (int i = 10; i < 60; i++) {
      store.createModel(name + i);
    }
  }
}
