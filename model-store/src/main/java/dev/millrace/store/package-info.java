/**
 * An MLflow-compatible store: experiments, runs, registry, artifacts.
 *
 * <p>Cut by feature: {@code registry} knows {@code loggedmodel}, which knows {@code run}, which
 * knows {@code experiment}; {@code artifact} knows none of them, and {@code browse} joins the two.
 * {@code webhook} hears what happens in {@code registry}.
 */
@NullMarked
package dev.millrace.store;

import org.jspecify.annotations.NullMarked;
