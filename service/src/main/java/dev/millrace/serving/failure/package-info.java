/** The ways in which a prediction fails. */
@NullMarked
package dev.millrace.serving.failure;

import org.jspecify.annotations.NullMarked;
