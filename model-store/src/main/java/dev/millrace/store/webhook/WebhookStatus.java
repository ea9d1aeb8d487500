package dev.millrace.store.webhook;

import dev.millrace.store.failure.StoreException;
import java.util.Arrays;

/** Whether a webhook hears of events. */
enum WebhookStatus {
  ACTIVE,
  DISABLED;

  static WebhookStatus of(String name) {
    return Arrays.stream(values())
        .filter(status -> status.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                StoreException.invalid(
                    "Invalid value '%s' for parameter 'status' supplied. It must be one of ACTIVE, DISABLED."
                        .formatted(name)));
  }
}
