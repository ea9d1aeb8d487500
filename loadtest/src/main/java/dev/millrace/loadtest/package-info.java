/**
 * Drives a running system over the wire: the load generator and the benchmark behind one command
 * line.
 */
@NullMarked
package dev.millrace.loadtest;

import org.jspecify.annotations.NullMarked;
