/** Models that runs wrote, before anybody registers them. */
@NullMarked
package dev.millrace.store.loggedmodel;

import org.jspecify.annotations.NullMarked;
