/**
 * TensorFlow Serving's services over gRPC: translation between their messages and the engine. A
 * model has one signature, {@code serving_default}, made of the tensors it declares.
 */
@NullMarked
package dev.millrace.serving.api.tfserving.grpc;

import org.jspecify.annotations.NullMarked;
