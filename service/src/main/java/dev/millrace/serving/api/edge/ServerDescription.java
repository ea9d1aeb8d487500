package dev.millrace.serving.api.edge;

import dev.millrace.serving.api.sharedmemory.SharedRegions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What every protocol says of the server. */
public final class ServerDescription {
  /** The name of the server. */
  public static final String NAME = "millrace";

  /** The version of the server; {@code development} where the classes come from no jar. */
  public static final String VERSION =
      Optional.ofNullable(ServerDescription.class.getPackage().getImplementationVersion())
          .orElse("development");

  private static final List<String> EXTENSIONS =
      List.of(
          "binary_tensor_data",
          "model_repository",
          "model_configuration",
          "sequence",
          "sequence(string_id)",
          "schedule_policy",
          "parameters",
          "classification",
          "statistics",
          "logging");

  private ServerDescription() {}

  /** The extensions of the Open Inference Protocol it has, as Triton names them. */
  public static List<String> extensions(SharedRegions regions) {
    return regions.allowed()
        ? Stream.concat(EXTENSIONS.stream(), Stream.of("system_shared_memory")).toList()
        : EXTENSIONS;
  }
}
