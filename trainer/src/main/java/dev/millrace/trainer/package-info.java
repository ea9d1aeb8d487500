/** The trainer: retrains, evaluates, exports and publishes models. */
@NullMarked
package dev.millrace.trainer;

import org.jspecify.annotations.NullMarked;
