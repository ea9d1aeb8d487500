/** Validate, lease, submit, reply: the one path every protocol takes. */
@NullMarked
package dev.millrace.serving.inference;

import org.jspecify.annotations.NullMarked;
