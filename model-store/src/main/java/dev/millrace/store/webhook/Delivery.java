package dev.millrace.store.webhook;

/**
 * A delivery that this process has taken on.
 *
 * @param number the order in which deliveries came
 * @param attempts how many there were before
 */
record Delivery(long number, String id, String body, int attempts, Receiver receiver) {}
