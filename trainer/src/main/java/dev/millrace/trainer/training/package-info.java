/** The training loop: batches, learning rate, progress. */
@NullMarked
package dev.millrace.trainer.training;

import org.jspecify.annotations.NullMarked;
