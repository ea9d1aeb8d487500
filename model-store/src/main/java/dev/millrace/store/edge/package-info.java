/** The HTTP edge that all features share: parameters, access, errors. */
@NullMarked
package dev.millrace.store.edge;

import org.jspecify.annotations.NullMarked;
