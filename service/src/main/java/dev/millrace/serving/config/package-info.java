/** Wiring and properties; nothing imports it. */
@NullMarked
package dev.millrace.serving.config;

import org.jspecify.annotations.NullMarked;
