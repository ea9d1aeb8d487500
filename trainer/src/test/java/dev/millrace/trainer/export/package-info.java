@NullMarked
package dev.millrace.trainer.export;

import org.jspecify.annotations.NullMarked;
