/** Queue, batching decision and workers of one loaded model; knows no versions. */
@NullMarked
package dev.millrace.serving.scheduling;

import org.jspecify.annotations.NullMarked;
