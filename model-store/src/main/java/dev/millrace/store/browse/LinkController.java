package dev.millrace.store.browse;

import dev.millrace.store.artifact.ArtifactLinks;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's routes that give links to files of runs and logged models. */
@MlflowApi
@RequestMapping("/2.0/mlflow/artifacts")
final class LinkController {
  // What object stores take, and MLflow asks for.
  private static final Duration LONGEST = Duration.ofDays(7);

  /** The answer; the size is there for downloads only. */
  record Link(String presignedUrl, Map<String, String> headers, @Nullable Long fileSize) {}

  private final Locations locations;
  private final ArtifactLinks links;

  LinkController(Locations locations, ArtifactLinks links) {
    this.locations = locations;
    this.links = links;
  }

  @PostMapping("/presigned-upload-url")
  Link toUpload(Parameters p, HttpServletRequest request) {
    var run = p.text("run_id", "");
    var model = p.text("model_id", "");
    if (run.isEmpty() == model.isEmpty()) {
      throw StoreException.invalid("Exactly one of run_id and model_id must be provided.");
    }
    var path = p.required("path");
    var location = run.isEmpty() ? locations.ofLoggedModel(model) : locations.ofRun(run);
    var url = links.toUpload(Locations.file(location, path), lifetime(p), request);
    return new Link(url, Map.of(), null);
  }

  @PostMapping("/presigned-download-url")
  Link toDownload(Parameters p, HttpServletRequest request) throws IOException {
    var location = locations.ofRun(p.required("run_id"));
    var path = Locations.file(location, p.required("path"));
    var link = links.toDownload(path, lifetime(p), request);
    return new Link(link.url(), link.headers(), link.fileSize());
  }

  private static Duration lifetime(Parameters p) {
    var seconds = p.number("expiration", ArtifactLinks.LIFETIME.toSeconds());
    if (seconds < 1 || seconds > LONGEST.toSeconds()) {
      throw StoreException.invalid(
          "expiration must be between 1 and %s seconds (got %s)."
              .formatted(LONGEST.toSeconds(), seconds));
    }
    return Duration.ofSeconds(seconds);
  }
}
