package dev.millrace.store.artifact;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpRange;
import org.springframework.http.MediaType;
import org.springframework.http.MediaTypeFactory;

/**
 * Answers a GET or HEAD with a file: conditions, ranges, and headers that keep a browser from
 * running it as a page of the store.
 */
public final class Download {
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final StoredFile file;
  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final String type;

  private Download(
      StoredFile file, String type, HttpServletRequest request, HttpServletResponse response) {
    this.file = file;
    this.type = type;
    this.request = request;
    this.response = response;
  }

  /** Answers with the file of a path, which must be there. */
  public static void send(
      ArtifactStorage storage,
      ArtifactPath path,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    var type =
        MediaTypeFactory.getMediaType(path.name()).orElse(MediaType.APPLICATION_OCTET_STREAM);
    try (var file = storage.open(path)) {
      response.setHeader(
          HttpHeaders.CONTENT_DISPOSITION,
          ContentDisposition.attachment()
              .filename(path.name(), StandardCharsets.UTF_8)
              .build()
              .toString());
      response.setHeader("Content-Security-Policy", "sandbox; default-src 'none'");
      response.setHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
      file.sha256()
          .ifPresent(
              sha256 ->
                  response.setHeader(
                      "Repr-Digest",
                      "sha-256=:" + Base64.getEncoder().encodeToString(sha256) + ":"));
      new Download(file, type.toString(), request, response).send();
    }
  }

  private void send() throws IOException {
    response.setHeader(HttpHeaders.ETAG, quoted(file.tag()));
    response.setHeader(HttpHeaders.LAST_MODIFIED, httpDate(file.modified()));
    var status = new Conditions(quoted(file.tag()), file.modified()).status(request);
    if (status != HttpServletResponse.SC_OK) {
      response.setStatus(status);
      return;
    }
    var ranges = ranges();
    if (ranges.isEmpty()) {
      start(type, file.sizeBytes());
      copy(0, file.sizeBytes());
      return;
    }
    var satisfiable =
        ranges.stream().filter(range -> range.getRangeStart(size()) < size()).toList();
    if (satisfiable.isEmpty()) {
      response.setStatus(HttpServletResponse.SC_REQUESTED_RANGE_NOT_SATISFIABLE);
      response.setHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + size());
    } else if (satisfiable.size() == 1) {
      sendOne(satisfiable.getFirst());
    } else {
      sendSeveral(satisfiable);
    }
  }

  /** The ranges asked for; none when the whole file is to be sent. */
  private List<HttpRange> ranges() {
    var header = request.getHeader(HttpHeaders.RANGE);
    if (header == null || request.getMethod().equals("HEAD") || !isStillThisFile()) {
      return List.of();
    }
    try {
      var ranges = HttpRange.parseRanges(header);
      // Ranges that overlap must not make an answer longer than the file.
      return ranges.stream().mapToLong(this::length).sum() > size() ? List.of() : ranges;
    } catch (IllegalArgumentException _) {
      // RFC 9110: a Range that cannot be read is ignored.
      return List.of();
    }
  }

  private boolean isStillThisFile() {
    var condition = request.getHeader(HttpHeaders.IF_RANGE);
    return condition == null
        || condition.equals(quoted(file.tag()))
        || condition.equals(httpDate(file.modified()));
  }

  private void sendOne(HttpRange range) throws IOException {
    response.setStatus(HttpServletResponse.SC_PARTIAL_CONTENT);
    response.setHeader(HttpHeaders.CONTENT_RANGE, contentRange(range));
    start(type, length(range));
    copy(range.getRangeStart(size()), length(range));
  }

  private void sendSeveral(List<HttpRange> ranges) throws IOException {
    var boundary = UUID.randomUUID().toString();
    var total = bytes("\r\n--" + boundary + "--\r\n").length;
    var length = (long) total;
    for (HttpRange range : ranges) {
      length += head(boundary, range).length + length(range);
    }
    response.setStatus(HttpServletResponse.SC_PARTIAL_CONTENT);
    start("multipart/byteranges; boundary=" + boundary, length);
    var body = response.getOutputStream();
    for (HttpRange range : ranges) {
      body.write(head(boundary, range));
      file.copyTo(body, range.getRangeStart(size()), length(range));
    }
    body.write(bytes("\r\n--" + boundary + "--\r\n"));
  }

  private byte[] head(String boundary, HttpRange range) {
    return bytes(
        "\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n"
            .formatted(boundary, type, contentRange(range)));
  }

  private void start(String contentType, long length) {
    response.setContentType(contentType);
    response.setContentLengthLong(length);
  }

  private void copy(long from, long count) throws IOException {
    if (!request.getMethod().equals("HEAD")) {
      OutputStream body = response.getOutputStream();
      file.copyTo(body, from, count);
    }
  }

  private String contentRange(HttpRange range) {
    return "bytes %s-%s/%s"
        .formatted(range.getRangeStart(size()), range.getRangeEnd(size()), size());
  }

  private long length(HttpRange range) {
    return Math.max(0, range.getRangeEnd(size()) - range.getRangeStart(size()) + 1);
  }

  private long size() {
    return file.sizeBytes();
  }

  private static String quoted(String tag) {
    return '"' + tag + '"';
  }

  private static String httpDate(Instant instant) {
    return HTTP_DATE.format(instant);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
