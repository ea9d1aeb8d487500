package dev.millrace.serving.api.tfserving.grpc;

import dev.millrace.serving.api.edge.grpc.InferCodec;
import dev.millrace.serving.inference.InferenceRequest;
import io.netty.buffer.ByteBuf;

/** A decoded Predict message. */
record DecodedPredict(Servable servable, InferenceRequest request, ByteBuf memory)
    implements InferCodec.Decoded {}
