/** Processes of ours: started, pinned, watched and stopped. */
@NullMarked
package dev.millrace.loadtest.process;

import org.jspecify.annotations.NullMarked;
