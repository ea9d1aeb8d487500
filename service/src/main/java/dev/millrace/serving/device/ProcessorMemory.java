package dev.millrace.serving.device;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The memory that this process may use: of the machine's, and of the limits of its control group
 * (version 2 or 1) and of those around that one, the least, and the least that is free under any of
 * them. What the kernel could drop at once does not count as used, as Kubernetes reckons the
 * working set.
 */
final class ProcessorMemory {
  private static final long KIB = 1_024;

  private final Path root;

  /** Reads below this folder, which on a real machine is {@code /}. */
  ProcessorMemory(Path root) {
    this.root = root;
  }

  DeviceMemory read() {
    var tightest = machine();
    for (var folder : groups("sys/fs/cgroup", "0::")) {
      tightest =
          group(folder, "memory.max", "memory.current", "inactive_file")
              .map(tighterThan(tightest))
              .orElse(tightest);
    }
    for (var folder : groups("sys/fs/cgroup/memory", ":memory:")) {
      tightest =
          group(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
              .map(tighterThan(tightest))
              .orElse(tightest);
    }
    return tightest;
  }

  private static UnaryOperator<DeviceMemory> tighterThan(DeviceMemory outer) {
    return group -> {
      if (outer.totalBytes() == 0) {
        return group;
      }
      long total = Math.min(outer.totalBytes(), group.totalBytes());
      long free = Math.min(outer.freeBytes(), group.freeBytes());
      return new DeviceMemory(total, total - free);
    };
  }

  /**
   * The folders of the process's own group and of those around it, as far as they are visible: a
   * container mostly sees its own as the outermost.
   *
   * @param mark what is before the path in this process's list of groups
   */
  private List<Path> groups(String mount, String mark) {
    var outermost = root.resolve(mount);
    var folders = new ArrayList<Path>();
    for (var folder = outermost.resolve(ownPath(mark)).normalize();
        folder != null && folder.startsWith(outermost);
        folder = folder.getParent()) {
      folders.add(folder);
    }
    return folders.isEmpty() ? List.of(outermost) : folders;
  }

  /** Empty where the process is in the outermost group. */
  private String ownPath(String mark) {
    try (var lines = Files.lines(root.resolve("proc/self/cgroup"))) {
      return lines
          .filter(line -> line.contains(mark))
          .map(line -> line.substring(line.indexOf(mark) + mark.length()))
          .map(path -> path.startsWith("/") ? path.substring(1) : path)
          .findFirst()
          .orElse("");
    } catch (IOException | UncheckedIOException _) {
      return "";
    }
  }

  private static Optional<DeviceMemory> group(Path group, String limit, String usage, String idle) {
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
