package dev.millrace.store.artifact;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.Arrays;
import org.springframework.http.HttpHeaders;

/**
 * The conditions of a GET or HEAD, in the order of RFC 9110.
 *
 * @param tag of the file, in quotes
 */
record Conditions(String tag, Instant modified) {
  private static final int OK = 200;
  private static final int NOT_MODIFIED = 304;
  private static final int PRECONDITION_FAILED = 412;

  /** The status that a request gets. */
  int status(HttpServletRequest request) {
    var match = request.getHeader(HttpHeaders.IF_MATCH);
    if (match != null ? !names(match) : isModifiedSince(request, HttpHeaders.IF_UNMODIFIED_SINCE)) {
      return PRECONDITION_FAILED;
    }
    var noneMatch = request.getHeader(HttpHeaders.IF_NONE_MATCH);
    if (noneMatch != null ? names(noneMatch) : isUnmodifiedSince(request)) {
      return NOT_MODIFIED;
    }
    return OK;
  }

  private boolean names(String tags) {
    return Arrays.stream(tags.split(",", -1))
        .map(String::strip)
        .anyMatch(one -> one.equals("*") || one.equals(tag) || one.equals("W/" + tag));
  }

  private boolean isModifiedSince(HttpServletRequest request, String header) {
    var since = date(request, header);
    return since >= 0 && modified.getEpochSecond() > since;
  }

  private boolean isUnmodifiedSince(HttpServletRequest request) {
    return date(request, HttpHeaders.IF_MODIFIED_SINCE) >= modified.getEpochSecond();
  }

  /** In seconds, which is all that HTTP tells; -1 when there is none, or none that can be read. */
  private static long date(HttpServletRequest request, String header) {
    try {
      return Math.floorDiv(request.getDateHeader(header), 1_000);
    } catch (IllegalArgumentException _) {
      return -1;
    }
  }
}
