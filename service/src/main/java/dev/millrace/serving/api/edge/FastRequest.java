package dev.millrace.serving.api.edge;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** A request that has arrived whole, its body at most as long as the limit. */
public record FastRequest(String uri, HttpHeaders headers, ByteBuf body) {}
