@NullMarked
package dev.millrace.trainer.command;

import org.jspecify.annotations.NullMarked;
