/** Recipes, and the one retraining that runs at a time from data to verdict. */
@NullMarked
package dev.millrace.trainer.retraining;

import org.jspecify.annotations.NullMarked;
