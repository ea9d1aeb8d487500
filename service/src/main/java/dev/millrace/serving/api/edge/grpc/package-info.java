/**
 * What the protocols on the gRPC port share: threads, the memory of messages, statuses, and the
 * life of a call that asks for a prediction.
 */
@NullMarked
package dev.millrace.serving.api.edge.grpc;

import org.jspecify.annotations.NullMarked;
