/** Runs, packages and versions in the model store. */
@NullMarked
package dev.millrace.trainer.tracking;

import org.jspecify.annotations.NullMarked;
