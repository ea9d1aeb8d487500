package dev.millrace.store.artifact;

import dev.millrace.store.failure.StoreException;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collections;
import org.springframework.http.HttpHeaders;

/** Reads what an upload announces of itself. */
final class UploadHeaders {
  private UploadHeaders() {}

  static AnnouncedDigests digests(HttpServletRequest request) {
    if (request.getHeader(HttpHeaders.CONTENT_RANGE) != null) {
      // RFC 9110: taken for the whole, a part would replace it.
      throw StoreException.invalid(
          "An upload with Content-Range is a part, which PUT does not take. Send the whole file, or"
              + " parts by mpu/create.");
    }
    var fields = new ArrayList<String>();
    fields.addAll(Collections.list(request.getHeaders("Content-Digest")));
    fields.addAll(Collections.list(request.getHeaders("Repr-Digest")));
    return AnnouncedDigests.of(fields, request.getHeader("Content-MD5"));
  }
}
