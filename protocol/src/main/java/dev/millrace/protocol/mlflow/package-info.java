/**
 * MLflow's REST interface: its JSON as records, and a client that works against MLflow's own server
 * as well as model-store.
 */
@NullMarked
package dev.millrace.protocol.mlflow;

import org.jspecify.annotations.NullMarked;
