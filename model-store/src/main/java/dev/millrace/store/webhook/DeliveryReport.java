package dev.millrace.store.webhook;

import org.jspecify.annotations.Nullable;

/**
 * How a delivery fares.
 *
 * @param status PENDING, DELIVERED or FAILED
 * @param responseStatus of the last attempt that was answered
 * @param errorMessage why the last attempt failed
 * @param nextAttemptTimestamp of one that waits; those before it come first
 */
record DeliveryReport(
    String deliveryId,
    Webhook.Event event,
    String status,
    int attempts,
    @Nullable Long responseStatus,
    @Nullable String errorMessage,
    long creationTimestamp,
    @Nullable Long finishTimestamp,
    @Nullable Long nextAttemptTimestamp) {}
