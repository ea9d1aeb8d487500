package dev.millrace.store.artifact;

import dev.millrace.store.edge.SignedLinks;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.springframework.stereotype.Component;

/** Makes links with which an artifact is fetched or written without a token, for a while. */
@Component
public final class ArtifactLinks {
  /** How long a link works that nobody gave a time. */
  public static final Duration LIFETIME = Duration.ofMinutes(15);

  private static final String ROUTE = "/api/2.0/mlflow-artifacts/artifacts/";

  private final SignedLinks links;
  private final ArtifactStorage storage;

  ArtifactLinks(SignedLinks links, ArtifactStorage storage) {
    this.links = links;
    this.storage = storage;
  }

  /**
   * Where to fetch a file.
   *
   * @param headers to send along; none
   */
  public record Download(String url, Map<String, String> headers, long fileSize) {
    /** Copies the map. */
    public Download {
      headers = Map.copyOf(headers);
    }
  }

  /** A link to fetch a file, which must be there. */
  public Download toDownload(ArtifactPath path, Duration lifetime, HttpServletRequest request)
      throws IOException {
    try (var file = storage.open(path)) {
      var url = links.to("GET", ROUTE + path.text(), lifetime, request);
      return new Download(url, Map.of(), file.sizeBytes());
    }
  }

  Download toDownload(ArtifactPath path, HttpServletRequest request) throws IOException {
    return toDownload(path, LIFETIME, request);
  }

  /** A link to PUT a file. */
  public String toUpload(ArtifactPath path, Duration lifetime, HttpServletRequest request) {
    return links.to("PUT", ROUTE + path.text(), lifetime, request);
  }
}
