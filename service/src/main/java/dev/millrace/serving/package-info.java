/** The model server: wiring is in config, the engine below it knows no framework. */
@NullMarked
package dev.millrace.serving;

import org.jspecify.annotations.NullMarked;
