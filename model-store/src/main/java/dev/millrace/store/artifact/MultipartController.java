package dev.millrace.store.artifact;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.edge.SignedLinks;
import dev.millrace.store.failure.StoreException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's routes for files in parts, and the one that takes a part. */
@MlflowApi
@RequestMapping("/2.0/mlflow-artifacts/mpu")
final class MultipartController {
  private static final String PART_ROUTE = "/api/2.0/mlflow-artifacts/mpu/part/";

  /** Where to PUT a part; there are no headers to send along. */
  record Credential(
      String url,
      long partNumber,
      @JsonInclude(JsonInclude.Include.ALWAYS) Map<String, String> headers) {}

  /** The answer to create. */
  record Created(String uploadId, List<Credential> credentials) {}

  private final MultipartUploads uploads;
  private final SignedLinks links;

  MultipartController(MultipartUploads uploads, SignedLinks links) {
    this.uploads = uploads;
    this.links = links;
  }

  @PostMapping("/create/{*folder}")
  Created create(Parameters p, HttpServletRequest request) throws IOException {
    var parts = p.number("num_parts", 1);
    var id = uploads.create(path(p, request), parts);
    var credentials =
        LongStream.rangeClosed(1, parts)
            .mapToObj(number -> new Credential(link(id, number, request), number, Map.of()))
            .toList();
    return new Created(id, credentials);
  }

  @PutMapping("/part/{id}/{number:[0-9]{1,6}}")
  ResponseEntity<Void> part(
      @PathVariable String id, @PathVariable long number, HttpServletRequest request)
      throws IOException {
    var etag = uploads.put(id, number, request.getInputStream(), UploadHeaders.digests(request));
    return ResponseEntity.ok().header(HttpHeaders.ETAG, '"' + etag + '"').build();
  }

  @PostMapping("/complete/{*folder}")
  Map<String, String> complete(Parameters p, HttpServletRequest request) throws IOException {
    var path = path(p, request);
    var id = p.required("upload_id");
    var parts =
        p.objects("parts").stream()
            .map(
                part ->
                    new MultipartUploads.Part(
                        part.requiredNumber("part_number"), part.text("etag", "")))
            .toList();
    uploads.complete(id, path, parts);
    return Map.of();
  }

  @PostMapping("/abort/{*folder}")
  Map<String, String> abort(Parameters p, HttpServletRequest request) throws IOException {
    var path = path(p, request);
    uploads.abort(p.required("upload_id"), path);
    return Map.of();
  }

  private String link(String id, long number, HttpServletRequest request) {
    return links.to("PUT", PART_ROUTE + id + "/" + number, MultipartUploads.LIFETIME, request);
  }

  /** The URL names the folder; the body names the client's own file, of which the name counts. */
  private static ArtifactPath path(Parameters p, HttpServletRequest request) {
    var local = p.required("path");
    var name = local.substring(Math.max(local.lastIndexOf('/'), local.lastIndexOf('\\')) + 1);
    if (name.isEmpty()) {
      throw StoreException.invalid("Invalid path");
    }
    return RawPath.of(request).resolve(name);
  }
}
