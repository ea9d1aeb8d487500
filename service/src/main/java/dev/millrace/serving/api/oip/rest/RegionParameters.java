package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.sharedmemory.SharedPlace;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import org.jspecify.annotations.Nullable;

/** The parameters that say where in shared memory a tensor lies. */
final class RegionParameters {
  private static final long ANY_UNSIGNED = -1;

  private final SharedRegions regions;
  private final String instead;
  private @Nullable String region;
  private @Nullable Long offset;
  private @Nullable Long byteSize;

  /** Refuses regions where there are none; the client is told what to do instead. */
  RegionParameters(SharedRegions regions, String instead) {
    this.regions = regions;
    this.instead = instead;
  }

  /** Reads a parameter; false where it is none of these. */
  boolean read(String key, InferParameters parameters) {
    if (!regions.allowed()) {
      if (key.equals(SharedPlace.REGION)) {
        throw InferParameters.unsupported(key, instead);
      }
      return false;
    }
    switch (key) {
      case SharedPlace.REGION -> region = parameters.string(key);
      case SharedPlace.OFFSET -> offset = parameters.count(key, ANY_UNSIGNED);
      case SharedPlace.BYTE_SIZE -> byteSize = parameters.count(key, ANY_UNSIGNED);
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Where the tensor lies; null where no parameter said so. */
  @Nullable SharedPlace place(String tensor) {
    return SharedPlace.of(tensor, region, offset, byteSize);
  }
}
