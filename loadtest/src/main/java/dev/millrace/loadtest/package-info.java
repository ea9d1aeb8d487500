/** To be described. */
@NullMarked
package dev.millrace.loadtest;

import org.jspecify.annotations.NullMarked;
