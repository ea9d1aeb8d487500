/** The Open Inference Protocol over gRPC: translation between its messages and the engine. */
@NullMarked
package dev.millrace.serving.api.oip.grpc;

import org.jspecify.annotations.NullMarked;
