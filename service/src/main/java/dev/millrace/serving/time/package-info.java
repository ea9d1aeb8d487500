/** The monotonic clock. */
@NullMarked
package dev.millrace.serving.time;

import org.jspecify.annotations.NullMarked;
