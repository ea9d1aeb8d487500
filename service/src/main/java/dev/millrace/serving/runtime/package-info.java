/** Opens a packaged model on a device and runs one batch. */
@NullMarked
package dev.millrace.serving.runtime;

import org.jspecify.annotations.NullMarked;
