/** Filters, orders and pages of searches. */
@NullMarked
package dev.millrace.store.search;

import org.jspecify.annotations.NullMarked;
