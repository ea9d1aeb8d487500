package dev.millrace.protocol.mlflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a listing.
 *
 * @param path relative to the listed folder or to the run's root, as the route says
 * @param sizeBytes null for a folder
 */
public record FileInfo(
    String path,
    @JsonProperty("is_dir") boolean directory,
    @JsonProperty("file_size") @Nullable Long sizeBytes) {}
