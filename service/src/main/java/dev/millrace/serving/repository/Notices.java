package dev.millrace.serving.repository;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;

/** Warns of a condition once, however often it is seen, until it is over or different. */
final class Notices {
  private final Map<String, String> told = new ConcurrentHashMap<>();
  private final Logger log;

  Notices(Logger log) {
    this.log = log;
  }

  void once(String condition, String warning) {
    if (!warning.equals(told.put(condition, warning))) {
      log.warn(warning);
    }
  }

  /** Whether it had been told of. */
  boolean over(String condition) {
    return told.remove(condition) != null;
  }
}
