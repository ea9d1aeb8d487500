/**
 * Callers that send one request at a time and tell when it is answered: REST and gRPC on one event
 * loop.
 */
@NullMarked
package dev.millrace.loadtest.traffic;

import org.jspecify.annotations.NullMarked;
