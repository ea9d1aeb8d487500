package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The routes, and what they refuse, of a store with MLflow's settings as they are by default. */
class WebhookIT {
  // A public address, so that no name has to be looked up.
  private static final String URL = "https://8.8.8.8/hook";
  private static final String EVENTS = "[{\"entity\":\"MODEL_VERSION\",\"action\":\"CREATED\"}]";

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void createsAWebhookAndNeverTellsItsSecret() throws IOException {
    var body =
        """
        {"name":"mine","url":"%s","description":"d","secret":"open sesame","status":"DISABLED",
        "events":[{"entity":"MODEL_VERSION_ALIAS","action":"CREATED"},{"entity":"MODEL_VERSION","action":"CREATED"}]}
        """
            .formatted(URL);
    var created = store.post("webhooks", body).ok().path("webhook");
    var id = RunningStore.text(created, "/webhook_id");
    assertThat(created.path("name").asString()).isEqualTo("mine");
    assertThat(created.path("url").asString()).isEqualTo(URL);
    assertThat(created.path("description").asString()).isEqualTo("d");
    assertThat(created.path("status").asString()).isEqualTo("DISABLED");
    assertThat(created.path("events").toString())
        .isEqualTo(
            "[{\"entity\":\"MODEL_VERSION_ALIAS\",\"action\":\"CREATED\"},{\"entity\":\"MODEL_VERSION\",\"action\":\"CREATED\"}]");
    assertThat(created.path("creation_timestamp").isIntegralNumber()).isTrue();
    assertThat(created.path("last_updated_timestamp"))
        .isEqualTo(created.path("creation_timestamp"));
    assertThat(created.has("secret")).isFalse();
    var got = store.send(store.request("/ajax-api/2.0/mlflow/webhooks/" + id).GET()).ok();
    assertThat(got.path("webhook")).isEqualTo(created);
    assertThat(store.get("webhooks").text()).contains(id).doesNotContain("sesame");
    try (var files = Files.walk(home)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain("open sesame");
      }
    }
    var key = home.resolve("store/webhook.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
  }

  @Test
  void defaultsToActiveWithoutADescription() {
    var created = created("plain");
    assertThat(created.path("status").asString()).isEqualTo("ACTIVE");
    assertThat(created.has("description")).isFalse();
  }

  @Test
  void updatesOnlyWhatIsGiven() {
    var old = created("before");
    var id = RunningStore.text(old, "/webhook_id");
    var renamed = patch(id, "{\"name\":\"after\"}").ok().path("webhook");
    assertThat(renamed.path("name").asString()).isEqualTo("after");
    assertThat(renamed.path("url")).isEqualTo(old.path("url"));
    assertThat(renamed.path("events")).isEqualTo(old.path("events"));
    assertThat(renamed.path("creation_timestamp")).isEqualTo(old.path("creation_timestamp"));
    assertThat(renamed.path("last_updated_timestamp").asLong())
        .isGreaterThan(old.path("last_updated_timestamp").asLong());
    var all =
        """
        {"name":"","url":"https://1.1.1.1/","description":"new","status":"DISABLED","secret":"s",
        "events":[{"entity":"REGISTERED_MODEL","action":"CREATED"},{"entity":"MODEL_VERSION","action":"CREATED"}]}
        """;
    var changed = patch(id, all).ok().path("webhook");
    assertThat(changed.path("name").asString()).isEqualTo("after");
    assertThat(changed.path("url").asString()).isEqualTo("https://1.1.1.1/");
    assertThat(changed.path("status").asString()).isEqualTo("DISABLED");
    assertThat(changed.path("events")).hasSize(2);
    assertThat(changed.at("/events/0/entity").asString()).isEqualTo("REGISTERED_MODEL");
    assertThat(store.get("webhooks/" + id).ok().path("webhook")).isEqualTo(changed);
    assertThat(patch(id, "{\"description\":\"\"}").ok().path("webhook").has("description"))
        .isFalse();
  }

  @Test
  void deletesAndKnowsNoOther() {
    var id = RunningStore.text(created("gone"), "/webhook_id");
    store.send(store.request("/api/2.0/mlflow/webhooks/" + id).DELETE()).ok();
    var none = "Webhook with ID " + id + " not found.";
    store.get("webhooks/" + id).refused(404, "RESOURCE_DOES_NOT_EXIST", none);
    patch(id, "{\"name\":\"x\"}").refused(404, "RESOURCE_DOES_NOT_EXIST", none);
    store.json("DELETE", "webhooks/" + id, "{}").refused(404, "RESOURCE_DOES_NOT_EXIST", none);
    store.post("webhooks/" + id + "/test", "{}").refused(404, "RESOURCE_DOES_NOT_EXIST", none);
    store.get("webhooks/" + id + "/deliveries").refused(404, "RESOURCE_DOES_NOT_EXIST", none);
    assertThat(store.get("webhooks?max_results=1000").text()).doesNotContain(id);
  }

  @Test
  void listsInPages() {
    for (int i = 0; i < 5; i++) {
      created("page" + i);
    }
    var ids = new HashSet<String>();
    var token = "";
    do {
      var page = store.get("webhooks?max_results=2&page_token=" + token).ok();
      page.path("webhooks")
          .forEach(webhook -> assertThat(ids.add(webhook.path("webhook_id").asString())).isTrue());
      token = page.path("next_page_token").asString("");
    } while (!token.isEmpty());
    assertThat(store.get("webhooks?max_results=0").ok().path("webhooks")).hasSize(ids.size());
    assertThat(ids).hasSizeGreaterThanOrEqualTo(5);
    for (var wrong : new String[] {"-1", "1001"}) {
      store
          .get("webhooks?max_results=" + wrong)
          .refused(400, "INVALID_PARAMETER_VALUE", "max_results must be between 1 and 1000.");
    }
    store
        .get("webhooks?page_token=%21%21")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid page token");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          {"url":"U","events":E}                  | Missing value for required parameter 'name'.
          {"name":"a","events":E}                 | Missing value for required parameter 'url'.
          {"name":"a","url":"U"}                  | Missing value for required parameter 'events'.
          {"name":"a","url":"U","events":[]}      | Missing value for required parameter 'events'.
          {"name":"-a","url":"U","events":E}      | Webhook name '-a' is invalid. It must start and end with a letter or digit
          {"name":"a b","url":"U","events":E}     | Webhook name 'a b' is invalid.
          {"name":"LONG","url":"U","events":E}    | is invalid. It must start
          {"name":1,"url":"U","events":E}         | Invalid value 1 for parameter 'name' supplied
          {"name":"a","url":"U","events":"x"}     | Invalid value "x" for parameter 'events' supplied
          {"name":"a","url":"U","events":["x"]}   | Invalid value "x" for parameter 'events[0]' supplied
          {"name":"a","url":"U","events":[{}]}    | Missing value for required parameter 'events[0].entity'.
          {"name":"a","url":"U","events":[{"entity":"MODEL","action":"CREATED"}]} | Invalid entity 'MODEL' of a webhook event.
          {"name":"a","url":"U","events":[{"entity":"MODEL_VERSION","action":"DELETED"}]} | Invalid action 'deleted' for entity 'model_version'. Valid actions are: ['created']
          {"name":"a","url":"U","events":[{"entity":"MODEL_VERSION_TAG","action":"CREATED"}]} | Valid actions are: ['deleted', 'set']
          {"name":"a","url":"U","events":E,"status":"DELETED"} | Invalid value 'DELETED' for parameter 'status'
          {"name":"a","url":"   ","events":E}     | Webhook URL cannot be empty or just whitespace: '   '
          """)
  void refusesWhatIsNoWebhook(String body, String message) {
    var full = body.replace("\"U\"", "\"" + URL + "\"").replace(":E", ":" + EVENTS);
    store
        .post("webhooks", full.replace("LONG", "a".repeat(64)))
        .refused(400, "INVALID_PARAMETER_VALUE", message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          http://8.8.8.8/                    | Invalid webhook URL scheme: 'http'. Allowed schemes are: https.
          ftp://example.com                  | Invalid webhook URL scheme: 'ftp'. Allowed schemes are: https.
          nothing                            | Invalid webhook URL scheme: ''.
          https://                           | Invalid webhook URL
          https:///path                      | Webhook URL must include a hostname: 'https:///path'
          https://[invalid                   | Invalid webhook URL
          https://8.8.8.8:99999/             | the port must lie between 1 and 65535
          https://localhost/                 | Webhook URL must not resolve to a non-public IP address. 'localhost' resolves to
          https://LOCALHOST:8443/            | must not resolve to a non-public IP address
          https://127.0.0.1/                 | '127.0.0.1' resolves to 127.0.0.1.
          https://2130706433/                | '2130706433' resolves to 127.0.0.1.
          https://127.1/                     | must not resolve to a non-public IP address
          https://0.0.0.0/                   | must not resolve to a non-public IP address
          https://10.1.2.3/                  | must not resolve to a non-public IP address
          https://169.254.169.254/latest     | must not resolve to a non-public IP address
          https://[::1]/                     | must not resolve to a non-public IP address
          https://[::ffff:127.0.0.1]/        | must not resolve to a non-public IP address
          https://[::ffff:7f00:1]/           | must not resolve to a non-public IP address
          https://[64:ff9b::a00:1]/          | must not resolve to a non-public IP address
          https://[2002:7f00:1::]/           | must not resolve to a non-public IP address
          https://[fe80::1]/                 | must not resolve to a non-public IP address
          https://[fc00::1]/                 | must not resolve to a non-public IP address
          https://user:word@127.0.0.1/       | must not resolve to a non-public IP address
          https://no-such-host.invalid/      | Cannot resolve Webhook URL hostname 'no-such-host.invalid'
          """)
  void refusesUrlsThatReachInside(String url, String message) {
    var body = "{\"name\":\"a\",\"url\":\"%s\",\"events\":%s}".formatted(url, EVENTS);
    store.post("webhooks", body).refused(400, "INVALID_PARAMETER_VALUE", message);
    var id = RunningStore.text(created("inside"), "/webhook_id");
    patch(id, "{\"url\":\"%s\"}".formatted(url)).refused(400, "INVALID_PARAMETER_VALUE", message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://0x7f000001/", "https://0177.0.0.1/", "https://0x7f.1/"})
  void refusesOtherSpellingsOfLoopback(String url) {
    var body = "{\"name\":\"a\",\"url\":\"%s\",\"events\":%s}".formatted(url, EVENTS);
    var answer = store.post("webhooks", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
  }

  private static JsonNode created(String name) {
    var body = "{\"name\":\"%s\",\"url\":\"%s\",\"events\":%s}".formatted(name, URL, EVENTS);
    return store.post("webhooks", body).ok().path("webhook");
  }

  private static RunningStore.Answer patch(String id, String body) {
    return store.json("PATCH", "webhooks/" + id, body);
  }
}
