/** Runs, and what they log. */
@NullMarked
package dev.millrace.store.run;

import org.jspecify.annotations.NullMarked;
