/** The real processes, started, loaded, retrained and killed. */
@NullMarked
package dev.millrace.loadtest.system;

import org.jspecify.annotations.NullMarked;
