package dev.millrace.loadtest.bench;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How the service is started: its jar, the options of its JVM, what stands before the command, more
 * environment variables.
 */
record ServiceSetup(
    Path jar, List<String> javaOptions, List<String> prefix, Map<String, String> environment) {
  ServiceSetup {
    javaOptions = List.copyOf(javaOptions);
    prefix = List.copyOf(prefix);
    environment = Map.copyOf(environment);
  }

  /** The same with one more environment variable. */
  ServiceSetup with(String variable, String value) {
    var more = new HashMap<>(environment);
    more.put(variable, value);
    return new ServiceSetup(jar, javaOptions, prefix, more);
  }

  /** The same on all processors, also those the load has. */
  ServiceSetup unpinned() {
    // Not what this process counts: it is pinned itself. What a machine lacks, taskset ignores.
    var everywhere = prefix.isEmpty() ? prefix : List.of("taskset", "0xffffffff");
    return new ServiceSetup(jar, javaOptions, everywhere, environment);
  }
}
