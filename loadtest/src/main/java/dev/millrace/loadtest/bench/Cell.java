package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.traffic.Protocol;

/** What one line of the speed table is about. */
record Cell(FixtureModel model, Server server, Protocol protocol, int callers) {
  /** Who answers. */
  enum Server {
    /** The service. */
    MILLRACE,
    /** The plain Spring controller beside it. */
    BASELINE
  }

  /** How requests travel, for the table. */
  String route() {
    return switch (server) {
      case MILLRACE -> protocol.label();
      case BASELINE -> "plain Spring";
    };
  }
}
