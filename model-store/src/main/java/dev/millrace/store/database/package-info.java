/** The database: SQLite with one writer and several readers, or PostgreSQL. */
@NullMarked
package dev.millrace.store.database;

import org.jspecify.annotations.NullMarked;
