package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What receivers get, and what becomes of what they do not take. */
class WebhookDeliveryIT {
  @TempDir private static Path home;
  private static Hooked store;
  private Inbox inbox;
  private String model;

  @BeforeAll
  static void start() {
    store = Hooked.in(home, "--millrace.webhook.request-timeout=3");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @BeforeEach
  void open() throws IOException {
    inbox = new Inbox();
    model = "model-" + UUID.randomUUID();
  }

  @AfterEach
  void close() {
    var webhooks = store.store().get("webhooks?max_results=1000").ok().path("webhooks");
    webhooks.forEach(
        webhook ->
            store
                .store()
                .json("DELETE", "webhooks/" + webhook.path("webhook_id").asString(), "{}")
                .ok());
    inbox.close();
  }

  @Test
  void tellsOfEachEventOfModels() throws InterruptedException {
    store.webhook(
        inbox.url(),
        "registered_model.created",
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted");
    var named = "\"name\":\"" + model + "\"";
    var tags = "\"tags\":[{\"key\":\"k\",\"value\":\"ü\"}]";
    post("registered-models/create", "{%s,%s,\"description\":\"d\"}".formatted(named, tags));
    post("registered-models/create", "{\"name\":\"%s-bare\"}".formatted(model));
    post(
        "model-versions/create",
        "{%s,\"source\":\"s3://b/m\",%s,\"description\":\"v\"}".formatted(named, tags));
    post("model-versions/create", "{%s,\"source\":\"s3://b/m\"}".formatted(named));
    var tag = "{%s,\"version\":\"1\",\"key\":\"a\",\"value\":\"b\"}".formatted(named);
    post("model-versions/set-tag", tag);
    store.store().json("DELETE", "model-versions/delete-tag", tag).ok();
    // Tags of models are no event in MLflow, unless the model is a prompt.
    post("registered-models/set-tag", tag);
    store.store().json("DELETE", "registered-models/delete-tag", tag).ok();
    var alias = "{%s,\"alias\":\"champion\",\"version\":\"2\"}".formatted(named);
    post("registered-models/alias", alias);
    store.store().json("DELETE", "registered-models/alias", alias).ok();

    assertThat(inbox.next(8).stream().map(WebhookDeliveryIT::told))
        .containsExactly(
            "registered_model.created {%s,\"tags\":{\"k\":\"ü\"},\"description\":\"d\"}"
                .formatted(named),
            "registered_model.created {\"name\":\"%s-bare\",\"tags\":{},\"description\":\"\"}"
                .formatted(model),
            "model_version.created {%s,\"version\":\"1\",\"source\":\"s3://b/m\",\"run_id\":null,\"tags\":{\"k\":\"ü\"},\"description\":\"v\"}"
                .formatted(named),
            "model_version.created {%s,\"version\":\"2\",\"source\":\"s3://b/m\",\"run_id\":null,\"tags\":{},\"description\":null}"
                .formatted(named),
            "model_version_tag.set {%s,\"version\":\"1\",\"key\":\"a\",\"value\":\"b\"}"
                .formatted(named),
            "model_version_tag.deleted {%s,\"version\":\"1\",\"key\":\"a\"}".formatted(named),
            "model_version_alias.created {%s,\"alias\":\"champion\",\"version\":\"2\"}"
                .formatted(named),
            "model_version_alias.deleted {%s,\"alias\":\"champion\"}".formatted(named));
  }

  @Test
  void tellsOfPromptsAsPrompts() throws InterruptedException {
    store.webhook(
        inbox.url(),
        "registered_model.created",
        "model_version.created",
        "model_version_tag.set",
        "model_version_alias.created",
        "prompt.created",
        "prompt_version.created",
        "prompt_tag.set",
        "prompt_tag.deleted",
        "prompt_version_tag.set",
        "prompt_version_tag.deleted",
        "prompt_alias.created",
        "prompt_alias.deleted");
    var named = "\"name\":\"" + model + "\"";
    var marks =
        "{\"key\":\"mlflow.prompt.is_prompt\",\"value\":\"True\"},{\"key\":\"_mlflow_prompt_type\",\"value\":\"text\"}";
    post("registered-models/create", "{%s,\"tags\":[%s]}".formatted(named, marks));
    post(
        "model-versions/create",
        "{%s,\"source\":\"dummy-source\",\"tags\":[%s,{\"key\":\"mlflow.prompt.text\",\"value\":\"Hi {{x}}\"},{\"key\":\"t\",\"value\":\"u\"}]}"
            .formatted(named, marks));
    var tag = "{%s,\"version\":\"1\",\"key\":\"a\",\"value\":\"b\"}".formatted(named);
    post("registered-models/set-tag", tag);
    store.store().json("DELETE", "registered-models/delete-tag", tag).ok();
    post("model-versions/set-tag", tag);
    store.store().json("DELETE", "model-versions/delete-tag", tag).ok();
    var alias = "{%s,\"alias\":\"production\",\"version\":\"1\"}".formatted(named);
    post("registered-models/alias", alias);
    store.store().json("DELETE", "registered-models/alias", alias).ok();

    assertThat(inbox.next(8).stream().map(WebhookDeliveryIT::told))
        .containsExactly(
            "prompt.created {%s,\"tags\":{},\"description\":\"\"}".formatted(named),
            "prompt_version.created {%s,\"version\":\"1\",\"template\":\"Hi {{x}}\",\"tags\":{\"t\":\"u\"},\"description\":null}"
                .formatted(named),
            "prompt_tag.set {%s,\"key\":\"a\",\"value\":\"b\"}".formatted(named),
            "prompt_tag.deleted {%s,\"key\":\"a\"}".formatted(named),
            "prompt_version_tag.set {%s,\"version\":\"1\",\"key\":\"a\",\"value\":\"b\"}"
                .formatted(named),
            "prompt_version_tag.deleted {%s,\"version\":\"1\",\"key\":\"a\"}".formatted(named),
            "prompt_alias.created {%s,\"alias\":\"production\",\"version\":\"1\"}".formatted(named),
            "prompt_alias.deleted {%s,\"alias\":\"production\"}".formatted(named));
  }

  @Test
  void signsWhatItSends() throws InterruptedException, GeneralSecurityException {
    store.signedWebhook(inbox.url() + "?a=b", "sesame", "registered_model.created");
    var before = Instant.now().getEpochSecond();

    store.createModel(model);

    var received = inbox.next();
    assertThat(received.path()).isEqualTo("/hook?a=b");
    assertThat(received.header("Content-Type")).isEqualTo("application/json");
    assertThat(UUID.fromString(received.deliveryId())).hasToString(received.deliveryId());
    assertThat(Long.parseLong(received.header("X-MLflow-Timestamp")))
        .isBetween(before, Instant.now().getEpochSecond());
    assertThat(received.json().path("timestamp").asString())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}\\+00:00");
    assertThat(received.header("X-MLflow-Signature")).isEqualTo(signature("sesame", received));
  }

  @Test
  void signsWithTheNewSecretAndThenNotAtAll()
      throws InterruptedException, GeneralSecurityException {
    var id = store.signedWebhook(inbox.url(), "old", "registered_model.created");
    store.update(id, "{\"secret\":\"new\"}");
    store.createModel(model + "-1");
    var received = inbox.next();
    assertThat(received.header("X-MLflow-Signature")).isEqualTo(signature("new", received));
    store.update(id, "{\"name\":\"other\"}");
    store.createModel(model + "-2");
    received = inbox.next();
    assertThat(received.header("X-MLflow-Signature")).isEqualTo(signature("new", received));
    store.update(id, "{\"secret\":\"\"}");
    store.createModel(model + "-3");
    assertThat(inbox.next().headers()).doesNotContainKey("x-mlflow-signature");
  }

  @Test
  void sendsAgainAfterTemporaryFailuresUnderTheSameId()
      throws InterruptedException, GeneralSecurityException {
    var id = store.signedWebhook(inbox.url(), "s", "registered_model.created");
    inbox.answering(503).answering(429).answering(500);

    store.createModel(model);

    var attempts = inbox.next(4);
    assertThat(attempts.stream().map(Inbox.Received::deliveryId).distinct()).hasSize(1);
    assertThat(attempts.stream().map(Inbox.Received::body).distinct()).hasSize(1);
    for (var attempt : attempts) {
      assertThat(attempt.header("X-MLflow-Signature")).isEqualTo(signature("s", attempt));
    }
    var delivery = store.finishedDelivery(id);
    assertThat(delivery.path("delivery_id").asString()).isEqualTo(attempts.getFirst().deliveryId());
    assertThat(delivery.path("status").asString()).isEqualTo("DELIVERED");
    assertThat(delivery.path("attempts").asInt()).isEqualTo(4);
    assertThat(delivery.path("response_status").asInt()).isEqualTo(200);
    assertThat(delivery.has("error_message")).isFalse();
    assertThat(delivery.path("event").toString())
        .isEqualTo("{\"entity\":\"REGISTERED_MODEL\",\"action\":\"CREATED\"}");
  }

  @Test
  void givesUpAfterTheLastRetryAndSaysWhy() throws InterruptedException {
    var id = store.webhook(inbox.url(), "registered_model.created");
    inbox.answering(500).answering(502).answering(504).answering(503);

    store.createModel(model);

    var delivery = store.finishedDelivery(id);
    assertThat(delivery.path("status").asString()).isEqualTo("FAILED");
    assertThat(delivery.path("attempts").asInt()).isEqualTo(4);
    assertThat(delivery.path("response_status").asInt()).isEqualTo(503);
    assertThat(delivery.path("error_message").asString())
        .isEqualTo("The receiver answered 503 at the last of 4 attempts");
    assertThat(inbox.rest()).hasSize(4);
    store.createModel(model + "-next");
    assertThat(inbox.next().data().path("name").asString()).isEqualTo(model + "-next");
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 410, 302})
  void doesNotSendAgainWhatIsRefused(int status) {
    var id = store.webhook(inbox.url(), "registered_model.created");
    inbox.answering(status, Map.of("Location", inbox.url() + "/elsewhere"), "no");

    store.createModel(model);

    var delivery = store.finishedDelivery(id);
    assertThat(delivery.path("status").asString()).isEqualTo("FAILED");
    assertThat(delivery.path("attempts").asInt()).isEqualTo(1);
    assertThat(delivery.path("error_message").asString())
        .startsWith("The receiver answered " + status);
    assertThat(inbox.rest()).hasSize(1);
  }

  @Test
  void waitsAsLongAsTheReceiverSays() throws InterruptedException {
    var id = store.webhook(inbox.url(), "registered_model.created");
    inbox.answering(429, Map.of("Retry-After", "3600"), "");

    store.createModel(model);

    inbox.next();
    var delivery =
        store.deliveriesOnce(id, all -> all.path(0).path("attempts").asInt() == 1).path(0);
    assertThat(delivery.path("status").asString()).isEqualTo("PENDING");
    assertThat(delivery.path("error_message").asString()).isEqualTo("The receiver answered 429");
    assertThat(delivery.path("next_attempt_timestamp").asLong())
        .isGreaterThan(delivery.path("creation_timestamp").asLong() + 3_590_000);
  }

  @Test
  void keepsTheOrderAcrossRetries() throws InterruptedException {
    store.webhook(inbox.url(), "registered_model.created");
    inbox.answering(503).answering(503);
    store.createModel(model + "-1");
    store.createModel(model + "-2");
    store.createModel(model + "-3");
    assertThat(inbox.next(5).stream().map(received -> received.data().path("name").asString()))
        .containsExactly(model + "-1", model + "-1", model + "-1", model + "-2", model + "-3");
  }

  @Test
  void aDisabledWebhookIsSilent() throws InterruptedException {
    var id = store.webhook(inbox.url(), "registered_model.created");
    inbox.answering(503, Map.of("Retry-After", "3600"), "");
    store.createModel(model + "-waiting");
    inbox.next();
    store.update(id, "{\"status\":\"DISABLED\"}");
    store.createModel(model + "-unheard");
    store.update(id, "{\"status\":\"ACTIVE\"}");
    store.createModel(model + "-heard");
    assertThat(inbox.next().data().path("name").asString()).isEqualTo(model + "-heard");
    var deliveries = store.deliveriesOnce(id, all -> all.path(0).has("finish_timestamp"));
    assertThat(deliveries).hasSize(2);
    assertThat(deliveries.at("/1/error_message").asString()).isEqualTo("The webhook was disabled");
  }

  @Test
  void whatIsRolledBackIsNotTold() throws InterruptedException {
    var id = store.webhook(inbox.url(), "registered_model.created", "model_version_tag.set");
    store.createModel(model);
    inbox.next();
    var again = "{\"name\":\"" + model + "\"}";
    store
        .store()
        .post("registered-models/create", again)
        .refused(400, "RESOURCE_ALREADY_EXISTS", "");
    store
        .store()
        .post(
            "model-versions/set-tag",
            "{\"name\":\"%s\",\"version\":\"9\",\"key\":\"k\"}".formatted(model))
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "");
    assertThat(store.deliveries(id)).hasSize(1);
  }

  @Test
  void aDeadReceiverDelaysNeitherRequestsNorOtherWebhooks()
      throws IOException, InterruptedException {
    // Takes connections and never answers.
    try (var dead = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      var deadUrl = "http://127.0.0.1:" + dead.getLocalPort() + "/";
      var deadId = store.webhook(deadUrl, "registered_model.created");
      store.webhook(inbox.url(), "registered_model.created");
      for (int i = 0; i < 20; i++) {
        store.createModel(model + "-" + i);
      }
      assertThat(inbox.next(20)).hasSize(20);
      assertThat(store.deliveries(deadId))
          .allSatisfy(
              delivery -> assertThat(delivery.path("status").asString()).isEqualTo("PENDING"));
      var late = store.deliveriesOnce(deadId, all -> all.path(19).path("attempts").asInt() == 1);
      assertThat(late.at("/19/error_message").asString())
          .isEqualTo("SocketTimeoutException: no answer within 3 s");
    }
  }

  @Test
  void aReceiverThatIsNotThereIsTriedAgain() throws IOException {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    var id = store.webhook("http://127.0.0.1:" + port + "/", "registered_model.created");
    store.createModel(model);
    var delivery = store.finishedDelivery(id);
    assertThat(delivery.path("attempts").asInt()).isEqualTo(4);
    assertThat(delivery.path("error_message").asString()).contains("Connection refused");
    assertThat(delivery.has("response_status")).isFalse();
  }

  @Test
  void deliversAThousandEventsInOrder() throws InterruptedException {
    store.createModel(model);
    store.createVersion(model);
    var id = store.webhook(inbox.url(), "model_version_tag.set");
    for (int i = 0; i < 1_000; i++) {
      store.setVersionTag(model, String.valueOf(i));
    }
    var expected = IntStream.range(0, 1_000).mapToObj(String::valueOf).toList();
    assertThat(inbox.next(1_000).stream().map(received -> received.data().path("value").asString()))
        .containsExactlyElementsOf(expected);
    store.finishedDelivery(id);
    var page = store.store().get("webhooks/" + id + "/deliveries?max_results=1000").ok();
    assertThat(page.path("deliveries")).hasSizeBetween(100, 200);
    assertThat(inbox.rest()).isEmpty();
  }

  @Test
  void testsWithAnExampleOfTheFirstOrTheNamedEvent() throws InterruptedException {
    var id = store.webhook(inbox.url(), "model_version.created", "registered_model.created");
    inbox.answering(200, Map.of(), "thanks");
    assertThat(store.test(id, "{}").toString())
        .isEqualTo("{\"success\":true,\"response_status\":200,\"response_body\":\"thanks\"}");
    assertThat(told(inbox.next()))
        .isEqualTo(
            "model_version.created {\"name\":\"example_model\",\"version\":\"1\",\"source\":\"models:/123\",\"run_id\":\"abcd1234abcd5678\",\"tags\":{\"example_key\":\"example_value\"},\"description\":\"An example model version\"}");
    store.test(id, "{\"event\":{\"entity\":\"PROMPT_ALIAS\",\"action\":\"DELETED\"}}");
    assertThat(told(inbox.next()))
        .isEqualTo(
            "prompt_alias.deleted {\"name\":\"example_prompt\",\"alias\":\"example_alias\"}");
    store
        .store()
        .post(
            "webhooks/" + id + "/test",
            "{\"event\":{\"entity\":\"PROMPT_ALIAS\",\"action\":\"SET\"}}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid action 'set' for entity 'prompt_alias'.");
    assertThat(store.deliveries(id)).isEmpty();
  }

  @Test
  void aTestTellsWhatTheReceiverAnswered() throws IOException {
    var id = store.webhook(inbox.url(), "model_version.created");
    inbox.answering(404, Map.of(), "no such hook");
    assertThat(store.test(id, "{}").toString())
        .isEqualTo(
            "{\"success\":false,\"response_status\":404,\"response_body\":\"no such hook\"}");
    inbox.close();
    var failed = store.test(id, "{}");
    assertThat(failed.path("success").asBoolean(true)).isFalse();
    assertThat(failed.path("error_message").asString())
        .startsWith("Failed to test webhook: ConnectException");
    assertThat(failed.has("response_status")).isFalse();
  }

  private static String told(Inbox.Received received) {
    return received.event() + " " + received.data();
  }

  private static String signature(String secret, Inbox.Received received)
      throws GeneralSecurityException {
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    var signed =
        String.join(
            ".",
            List.of(received.deliveryId(), received.header("X-MLflow-Timestamp"), received.body()));
    return "v1,"
        + Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
  }

  private static void post(String path, String json) {
    store.store().post(path, json).ok();
  }
}
