/** Removes for good what was deleted: rows and files. */
@NullMarked
package dev.millrace.store.removal;

import org.jspecify.annotations.NullMarked;
