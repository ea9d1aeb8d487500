/** Lists the files of runs and logged models. */
@NullMarked
package dev.millrace.store.browse;

import org.jspecify.annotations.NullMarked;
