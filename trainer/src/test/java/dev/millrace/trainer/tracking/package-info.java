@NullMarked
package dev.millrace.trainer.tracking;

import org.jspecify.annotations.NullMarked;
