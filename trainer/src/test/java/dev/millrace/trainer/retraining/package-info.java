@NullMarked
package dev.millrace.trainer.retraining;

import org.jspecify.annotations.NullMarked;
