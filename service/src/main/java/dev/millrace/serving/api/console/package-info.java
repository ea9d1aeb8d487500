/** The console: the status that its page polls, and the headers that the page goes out with. */
@NullMarked
package dev.millrace.serving.api.console;

import org.jspecify.annotations.NullMarked;
