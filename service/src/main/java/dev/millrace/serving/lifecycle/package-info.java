/** Versions of models: states, load, warm-up, swap and drain; hands out leases. */
@NullMarked
package dev.millrace.serving.lifecycle;

import org.jspecify.annotations.NullMarked;
