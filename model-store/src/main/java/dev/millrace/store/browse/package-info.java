/** The files of runs, logged models and versions: lists, fetches, links. */
@NullMarked
package dev.millrace.store.browse;

import org.jspecify.annotations.NullMarked;
