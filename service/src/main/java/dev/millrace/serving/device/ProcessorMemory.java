package dev.millrace.serving.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The memory that this process may use: the container's, where its control group (version 2 or 1)
 * sets a limit, else the machine's. What the kernel could drop at once does not count as used, as
 * Kubernetes reckons the working set.
 */
final class ProcessorMemory {
  private static final long KIB = 1_024;

  private final Path root;

  /** Reads below this folder, which on a real machine is {@code /}. */
  ProcessorMemory(Path root) {
    this.root = root;
  }

  DeviceMemory read() {
    var machine = machine();
    return group("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file")
        .or(
            () ->
                group(
                    "sys/fs/cgroup/memory",
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes",
                    "total_inactive_file"))
        .filter(limited -> machine.totalBytes() == 0 || limited.totalBytes() < machine.totalBytes())
        .orElse(machine);
  }

  private Optional<DeviceMemory> group(String folder, String limit, String usage, String idle) {
    var group = root.resolve(folder);
    return number(group.resolve(limit))
        .flatMap(
            total ->
                number(group.resolve(usage))
                    .map(used -> new DeviceMemory(total, used - idle(group, idle, used))));
  }

  private static long idle(Path group, String key, long used) {
    return Math.min(field(group.resolve("memory.stat"), key).orElse(0L), used);
  }

  private DeviceMemory machine() {
    var file = root.resolve("proc/meminfo");
    long total = field(file, "MemTotal:").orElse(0L) * KIB;
    long available = field(file, "MemAvailable:").orElse(0L) * KIB;
    return new DeviceMemory(total, total - available);
  }

  /** Empty for {@code max}, and where there is no such file. */
  private static Optional<Long> number(Path file) {
    try {
      return Optional.of(Long.parseLong(Files.readString(file).strip()));
    } catch (IOException | NumberFormatException _) {
      return Optional.empty();
    }
  }

  private static Optional<Long> field(Path file, String key) {
    try (var lines = Files.lines(file)) {
      return lines
          .map(line -> line.strip().split("\\s+", -1))
          .filter(words -> words.length > 1 && words[0].equals(key))
          .map(words -> Long.parseLong(words[1]))
          .findFirst();
    } catch (IOException | NumberFormatException _) {
      return Optional.empty();
    }
  }
}
