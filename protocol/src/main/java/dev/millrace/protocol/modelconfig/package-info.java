/** A model's configuration as Triton's users write it, as text and as JSON. */
@NullMarked
package dev.millrace.protocol.modelconfig;

import org.jspecify.annotations.NullMarked;
