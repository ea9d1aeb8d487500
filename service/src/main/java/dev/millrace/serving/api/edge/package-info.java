/**
 * What the protocols share: limits, statuses, drain, and the handler that answers before Spring.
 */
@NullMarked
package dev.millrace.serving.api.edge;

import org.jspecify.annotations.NullMarked;
