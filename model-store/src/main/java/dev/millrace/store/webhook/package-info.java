/**
 * MLflow's webhooks: who wants to hear of which events of the registry, and their deliveries.
 *
 * <p>A change writes what it has to tell into an outbox ({@code Outbox}) in its own transaction; a
 * dispatcher sends it afterwards, in order for each webhook, until it is received or given up.
 */
@NullMarked
package dev.millrace.store.webhook;

import org.jspecify.annotations.NullMarked;
