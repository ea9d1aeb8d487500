/** The SQLite database: one writer, several readers. */
@NullMarked
package dev.millrace.store.database;

import org.jspecify.annotations.NullMarked;
