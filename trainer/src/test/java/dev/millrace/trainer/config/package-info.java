@NullMarked
package dev.millrace.trainer.config;

import org.jspecify.annotations.NullMarked;
