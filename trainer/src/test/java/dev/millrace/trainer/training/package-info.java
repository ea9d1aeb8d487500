@NullMarked
package dev.millrace.trainer.training;

import org.jspecify.annotations.NullMarked;
