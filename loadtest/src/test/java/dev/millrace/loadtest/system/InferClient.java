package dev.millrace.loadtest.system;

import java.io.IOException;

/** Asks the served model `digits` by one protocol. Safe for many threads. */
interface InferClient {
  /** Name of the protocol. */
  String protocol();

  /** One request with some pictures; anything but an answer is an exception. */
  Answer infer(float[] pictures) throws IOException, InterruptedException;
}
