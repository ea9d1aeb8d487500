/** MLflow's scoring protocol, and the containers of SageMaker, which share their paths. */
@NullMarked
package dev.millrace.serving.api.mlflow;

import org.jspecify.annotations.NullMarked;
