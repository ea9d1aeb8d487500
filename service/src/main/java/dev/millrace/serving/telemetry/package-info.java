/** The meters of the service and their handles. */
@NullMarked
package dev.millrace.serving.telemetry;

import org.jspecify.annotations.NullMarked;
