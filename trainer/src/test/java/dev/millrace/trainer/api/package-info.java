@NullMarked
package dev.millrace.trainer.api;

import org.jspecify.annotations.NullMarked;
