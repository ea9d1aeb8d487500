/** The files behind {@code mlflow-artifacts:} locations. Stands alone. */
@NullMarked
package dev.millrace.store.artifact;

import org.jspecify.annotations.NullMarked;
