package dev.millrace.store.browse;

import dev.millrace.store.artifact.AnnouncedDigests;
import dev.millrace.store.artifact.ArtifactStorage;
import dev.millrace.store.artifact.Download;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** The routes with which MLflow's web page fetches and writes files of runs and versions. */
@RestController
final class FileController {
  private final Locations locations;
  private final ArtifactStorage storage;

  FileController(Locations locations, ArtifactStorage storage) {
    this.locations = locations;
    this.storage = storage;
  }

  @GetMapping("/get-artifact")
  void ofRun(Parameters p, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    var runId = p.text("run_id", "");
    var location = locations.ofRun(runId.isEmpty() ? p.required("run_uuid") : runId);
    Download.send(storage, Locations.file(location, p.text("path", "")), request, response);
  }

  @GetMapping("/model-versions/get-artifact")
  void ofVersion(Parameters p, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    var location = locations.ofVersion(p.required("name"), p.required("version"));
    Download.send(storage, Locations.file(location, p.text("path", "")), request, response);
  }

  @PostMapping("/ajax-api/2.0/mlflow/upload-artifact")
  ResponseEntity<String> upload(HttpServletRequest request) throws IOException {
    var location = locations.ofRun(query(request, "run_uuid"));
    var path = Locations.file(location, query(request, "path"));
    var content = new PushbackInputStream(new SmallBody(request.getInputStream()));
    var first = content.read();
    if (first < 0) {
      throw StoreException.invalid("Request must specify data.");
    }
    content.unread(first);
    storage.write(path, content, AnnouncedDigests.NONE);
    return ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON).body("");
  }

  /** From the query alone: the body may look like a form, and is a file. */
  private static String query(HttpServletRequest request, String name) {
    for (String pair : Objects.requireNonNullElse(request.getQueryString(), "").split("&", -1)) {
      var parts = pair.split("=", 2);
      if (parts.length == 2 && parts[0].equals(name) && !parts[1].isEmpty()) {
        return decoded(parts[1]);
      }
    }
    throw StoreException.invalid("Request must specify %s.".formatted(name));
  }

  private static String decoded(String value) {
    try {
      return URLDecoder.decode(value, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw StoreException.invalid(
          "The query string has '%s', which cannot be decoded. Write it percent-encoded."
              .formatted(value));
    }
  }
}
