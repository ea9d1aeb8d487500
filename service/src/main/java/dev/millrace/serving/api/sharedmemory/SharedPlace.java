package dev.millrace.serving.api.sharedmemory;

import static dev.millrace.serving.api.sharedmemory.Refusals.invalid;

import org.jspecify.annotations.Nullable;

/**
 * Where a tensor of a request lies, as the request says; nothing of it is checked yet.
 *
 * @param region the name of a region
 * @param offset from the beginning of the region, bytes, unsigned
 * @param byteSize of the place, unsigned; a tensor may take less
 */
public record SharedPlace(String region, long offset, long byteSize) {
  /** The parameter that names the region. */
  public static final String REGION = "shared_memory_region";

  /** The parameter for the offset, 0 where it is absent. */
  public static final String OFFSET = "shared_memory_offset";

  /** The parameter for the size. */
  public static final String BYTE_SIZE = "shared_memory_byte_size";

  /**
   * The place that the parameters of a tensor name, null where they name none.
   *
   * @throws dev.millrace.serving.failure.InferenceException with Invalid where one is missing
   */
  public static @Nullable SharedPlace of(
      String tensor, @Nullable String region, @Nullable Long offset, @Nullable Long byteSize) {
    if (region == null) {
      if (offset != null || byteSize != null) {
        throw invalid(
            "'%s' can not be specified without '%s' parameter for tensor '%s'"
                .formatted(offset == null ? BYTE_SIZE : OFFSET, REGION, tensor));
      }
      return null;
    }
    if (byteSize == null) {
      throw invalid(
          "'%s' must be specified along with '%s' parameter for tensor '%s'"
              .formatted(BYTE_SIZE, REGION, tensor));
    }
    return new SharedPlace(region, offset == null ? 0 : offset, byteSize);
  }
}
