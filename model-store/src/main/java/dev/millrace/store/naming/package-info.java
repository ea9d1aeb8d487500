/** What may be a key, and names for what nobody named. */
@NullMarked
package dev.millrace.store.naming;

import org.jspecify.annotations.NullMarked;
