package dev.millrace.serving.device;

import org.jspecify.annotations.Nullable;

/**
 * A GPU, or a MIG instance of one, as the driver lists it.
 *
 * @param index the driver's number of the GPU; a MIG instance has that of its GPU
 * @param uuid begins with {@code GPU-} or {@code MIG-}
 * @param name the product
 * @param parentUuid the GPU that a MIG instance is part of; null for a whole GPU
 */
record Gpu(int index, String uuid, String name, @Nullable String parentUuid) {
  boolean isMigInstance() {
    return parentUuid != null;
  }
}
