package dev.millrace.serving.device;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which GPUs CUDA shows to this process, in the order of its ordinals: the rules of {@code
 * CUDA_VISIBLE_DEVICES} in NVIDIA's CUDA programming guide. What is not understood ends the list,
 * and of MIG instances a process sees one.
 */
final class VisibleDevices {
  private VisibleDevices() {}

  /** With null, all of them. */
  static List<Gpu> of(List<Gpu> all, @Nullable String variable) {
    return untilOneMigInstance(variable == null ? uncut(all) : named(all, variable));
  }

  /**
   * Whether CUDA numbers the GPUs as the driver lists them, by their place on the bus. Unless
   * {@code CUDA_DEVICE_ORDER} says so, it puts the fastest first, which among GPUs of one kind is
   * the same.
   */
  static boolean areOrderedAsListed(List<Gpu> all, @Nullable String order) {
    return "PCI_BUS_ID".equals(order)
        || all.stream().filter(gpu -> !gpu.isMigInstance()).map(Gpu::name).distinct().count() < 2;
  }

  /** A GPU that is cut into MIG instances computes only through them. */
  private static List<Gpu> uncut(List<Gpu> all) {
    return all.stream().filter(gpu -> !isCut(gpu, all)).toList();
  }

  private static boolean isCut(Gpu gpu, List<Gpu> all) {
    return all.stream().anyMatch(other -> gpu.uuid().equals(other.parentUuid()));
  }

  private static List<Gpu> named(List<Gpu> all, String variable) {
    var visible = new ArrayList<Gpu>();
    for (var word : variable.split(",", -1)) {
      var gpu = find(all, word.strip());
      if (gpu == null || visible.contains(gpu)) {
        return visible;
      }
      visible.add(gpu);
    }
    return visible;
  }

  /** By number, or by the beginning of an identity that only one has. */
  private static @Nullable Gpu find(List<Gpu> all, String word) {
    var matching =
        word.startsWith("GPU-") || word.startsWith("MIG-")
            ? all.stream().filter(gpu -> gpu.uuid().startsWith(word)).toList()
            : byNumber(all, word);
    if (matching.size() != 1) {
      return null;
    }
    var found = matching.getFirst();
    return isCut(found, all) ? firstInstance(found, all) : found;
  }

  private static Gpu firstInstance(Gpu gpu, List<Gpu> all) {
    return all.stream()
        .filter(other -> gpu.uuid().equals(other.parentUuid()))
        .findFirst()
        .orElse(gpu);
  }

  private static List<Gpu> byNumber(List<Gpu> all, String word) {
    return all.stream()
        .filter(gpu -> !gpu.isMigInstance() && Integer.toString(gpu.index()).equals(word))
        .toList();
  }

  private static List<Gpu> untilOneMigInstance(List<Gpu> visible) {
    for (int i = 0; i < visible.size(); i++) {
      if (visible.get(i).isMigInstance()) {
        return i == 0 ? List.of(visible.getFirst()) : List.copyOf(visible.subList(0, i));
      }
    }
    return List.copyOf(visible);
  }
}
