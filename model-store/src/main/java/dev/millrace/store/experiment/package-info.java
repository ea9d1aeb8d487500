/** Experiments: groups of runs. */
@NullMarked
package dev.millrace.store.experiment;

import org.jspecify.annotations.NullMarked;
