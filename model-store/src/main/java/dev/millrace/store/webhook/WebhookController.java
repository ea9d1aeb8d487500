package dev.millrace.store.webhook;

import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Page;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's webhook routes, and one of this store's own that tells how deliveries fare. */
@MlflowApi
@RequestMapping("/2.0/mlflow/webhooks")
final class WebhookController {
  private static final int RESULTS = 100;
  private static final int MOST_RESULTS = 1_000;

  /** The answer of a list. */
  record Found(List<Webhook> webhooks, @Nullable String nextPageToken) {}

  /** The answer of a list of deliveries. */
  record Reports(List<DeliveryReport> deliveries, @Nullable String nextPageToken) {}

  /** How a test went. */
  record TestResult(
      boolean success,
      @Nullable Integer responseStatus,
      @Nullable String responseBody,
      @Nullable String errorMessage) {
    static TestResult of(Outcome outcome) {
      return switch (outcome) {
        case Outcome.Answered answer ->
            new TestResult(answer.isSuccess(), answer.status(), answer.body(), null);
        case Outcome.NoAnswer(var reason) -> failed(reason);
        case Outcome.NotSent(var reason) -> failed(reason);
      };
    }

    private static TestResult failed(String reason) {
      return new TestResult(false, null, null, "Failed to test webhook: " + reason);
    }
  }

  private final Webhooks webhooks;

  WebhookController(Webhooks webhooks) {
    this.webhooks = webhooks;
  }

  @PostMapping
  Map<String, Webhook> create(Parameters p) {
    p.required("name");
    p.required("url");
    var change = WebhookChange.of(p);
    if (change.events().isEmpty()) {
      throw StoreException.withoutParameter("events");
    }
    return answer(webhooks.create(change));
  }

  @GetMapping
  Found list(Parameters p) {
    var page = webhooks.list(page(p));
    return new Found(page.items(), page.nextToken());
  }

  @GetMapping("/{id}")
  Map<String, Webhook> get(@PathVariable String id) {
    return answer(webhooks.get(id));
  }

  @PatchMapping("/{id}")
  Map<String, Webhook> update(@PathVariable String id, Parameters p) {
    return answer(webhooks.update(id, WebhookChange.of(p)));
  }

  @DeleteMapping("/{id}")
  Map<String, String> delete(@PathVariable String id) {
    webhooks.delete(id);
    return Map.of();
  }

  @PostMapping("/{id}/test")
  Map<String, TestResult> test(@PathVariable String id, Parameters p) {
    var event = p.object("event");
    var outcome = webhooks.test(id, event == null ? null : EventType.of(event));
    return Map.of("result", TestResult.of(outcome));
  }

  @GetMapping("/{id}/deliveries")
  Reports deliveries(@PathVariable String id, Parameters p) {
    var page = webhooks.reports(id, page(p));
    return new Reports(page.items(), page.nextToken());
  }

  // MLflow takes 0 for the default.
  private static Page.Request page(Parameters p) {
    var asked = p.number("max_results", RESULTS);
    if (asked < 0 || asked > MOST_RESULTS) {
      throw StoreException.invalid("max_results must be between 1 and 1000.");
    }
    return Page.Request.of(asked == 0 ? RESULTS : (int) asked, p.text("page_token"));
  }

  private static Map<String, Webhook> answer(Webhook webhook) {
    return Map.of("webhook", webhook);
  }
}
