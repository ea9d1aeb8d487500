package dev.millrace.store.registry;

import dev.millrace.store.edge.Parameters;
import dev.millrace.store.naming.Keys;

/** Who moves an alias, and why; a text that was not given is empty. */
record MoveNote(String by, String reason) {
  private static final int MAX_BY = 256;
  private static final int MAX_REASON = 5_000;

  MoveNote {
    Keys.requireLength("user_id", by, MAX_BY);
    Keys.requireLength("reason", reason, MAX_REASON);
  }

  /** What a request says of itself. */
  static MoveNote of(Parameters p) {
    return new MoveNote(p.text("user_id", ""), p.text("reason", ""));
  }

  /** A move that follows from something else. */
  static MoveNote because(String reason) {
    return new MoveNote("", reason);
  }
}
