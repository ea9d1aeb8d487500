/** What the store refuses, in MLflow's words. */
@NullMarked
package dev.millrace.store.failure;

import org.jspecify.annotations.NullMarked;
