package dev.millrace.serving.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Reads the NUMA nodes of the machine. */
final class NumaNodes {
  private static final Pattern NODE = Pattern.compile("node([0-9]+)");

  private NumaNodes() {}

  /** Below this folder, which on a real machine is {@code /}; empty where Linux tells none. */
  static List<NumaNode> read(Path root) {
    try (var entries = Files.list(root.resolve("sys/devices/system/node"))) {
      return entries
          .filter(entry -> NODE.matcher(entry.getFileName().toString()).matches())
          .map(NumaNodes::node)
          .sorted(Comparator.comparingInt(NumaNode::id))
          .toList();
    } catch (IOException _) {
      return List.of();
    }
  }

  private static NumaNode node(Path folder) {
    int id = Integer.parseInt(folder.getFileName().toString().substring("node".length()));
    try {
      return new NumaNode(id, Files.readString(folder.resolve("cpulist")).strip());
    } catch (IOException _) {
      return new NumaNode(id, "");
    }
  }
}
