/** To be described. */
@NullMarked
package dev.millrace.serving;

import org.jspecify.annotations.NullMarked;
