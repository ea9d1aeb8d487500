/** Devices that models run on. */
@NullMarked
package dev.millrace.serving.device;

import org.jspecify.annotations.NullMarked;
