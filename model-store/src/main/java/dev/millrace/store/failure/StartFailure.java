package dev.millrace.store.failure;

import org.springframework.boot.web.server.PortInUseException;

/** A setting that does not let the store start. */
public final class StartFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A failure that this sentence explains. */
  public StartFailure(String message) {
    super(message);
  }

  /** One sentence for whoever started the process. */
  public static String explain(Throwable failure) {
    var innermost = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof PortInUseException inUse) {
        return "Port %s (MILLRACE_STORE_PORT) is in use. Stop what listens there, or set another port."
            .formatted(inUse.getPort());
      }
      if (cause instanceof StartFailure) {
        return String.valueOf(cause.getMessage());
      }
      innermost = cause;
    }
    return "The store cannot start: " + innermost.getMessage();
  }
}
