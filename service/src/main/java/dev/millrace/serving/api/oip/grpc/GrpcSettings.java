package dev.millrace.serving.api.oip.grpc;

import java.time.Duration;

/**
 * How the gRPC server listens.
 *
 * @param address name or number of the address to bind
 * @param port 0 for any free one
 * @param eventLoops threads that serve the connections
 * @param maxMessageBytes the largest message taken, after decompression
 * @param messageTimeout how long the message of a ModelInfer call may take to arrive
 * @param permittedKeepAlive how often a client may ping an idle connection
 */
public record GrpcSettings(
    String address,
    int port,
    int eventLoops,
    int maxMessageBytes,
    Duration messageTimeout,
    Duration permittedKeepAlive) {}
