package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.api.edge.grpc.InferCodec;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.inference.WantedClasses;
import io.netty.buffer.ByteBuf;

/**
 * A decoded ModelInfer message.
 *
 * @param id chosen by the client, empty for none; the answer repeats it
 * @param memory holds the inputs of the request; the callee releases it after the reply
 * @param form in which the inputs came and the outputs go
 * @param classes outputs that are wanted as classes
 * @param shared outputs that are wanted in shared memory
 */
record DecodedInfer(
    InferenceRequest request,
    String id,
    ByteBuf memory,
    Form form,
    WantedClasses classes,
    SharedOutputs shared)
    implements InferCodec.Decoded {
  /** One that wants outputs as they are. */
  DecodedInfer(InferenceRequest request, String id, ByteBuf memory, Form form) {
    this(request, id, memory, form, WantedClasses.NONE, SharedOutputs.NONE);
  }

  /** Whether {@link PlainAnswers} may write the answer. */
  boolean wantsPlain() {
    return form == Form.RAW && shared.isEmpty();
  }

  @Override
  public void release() {
    shared.close();
    memory.release();
  }

  /** How tensors stand in a message. */
  enum Form {
    RAW,
    TYPED
  }
}
