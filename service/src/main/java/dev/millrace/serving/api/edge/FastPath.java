package dev.millrace.serving.api.edge;

/** What all connections of a server share to answer the requests of one route before Spring. */
public record FastPath(
    FastRoute route,
    RequestLimits limits,
    ConnectionLimits connections,
    BodyBudget bodies,
    InFlightRequests inFlight) {}
