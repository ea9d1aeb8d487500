@NullMarked
package dev.millrace.trainer.dataset;

import org.jspecify.annotations.NullMarked;
