package dev.millrace.serving.api.oip.grpc;

/** A message is of a kind that is left to protobuf's own parser. Ends the attempt, no more. */
final class NotPlainException extends Exception {
  private static final long serialVersionUID = 1;

  /** Without a stack trace, since any client can bring it about. */
  NotPlainException() {
    super(null, null, false, false);
  }
}
