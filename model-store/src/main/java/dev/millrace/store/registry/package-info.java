/** Registered models, their versions and aliases. */
@NullMarked
package dev.millrace.store.registry;

import org.jspecify.annotations.NullMarked;
