/** When requests are sent, and what is counted. */
@NullMarked
package dev.millrace.loadtest.generator;

import org.jspecify.annotations.NullMarked;
