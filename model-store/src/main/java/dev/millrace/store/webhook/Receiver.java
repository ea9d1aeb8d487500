package dev.millrace.store.webhook;

import org.jspecify.annotations.Nullable;

/**
 * Who is sent to.
 *
 * @param sealedSecret null when deliveries are not signed
 */
record Receiver(String webhookId, String url, @Nullable String sealedSecret) {
  /** Leaves the secret out. */
  @Override
  public String toString() {
    return "Receiver[webhookId=" + webhookId + "]";
  }
}
