package dev.millrace.store.edge;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.util.ForwardedHeaderUtils;
import org.springframework.web.util.UriUtils;

/**
 * Links that let whoever has them do one thing for a while: MLflow's clients send no token to the
 * URLs that they are given for parts and downloads.
 *
 * <p>A link carries when it ends, and an HMAC of that, of its method and of its path. The key lies
 * beside the database, so that links outlive a restart.
 */
@Component
public final class SignedLinks {
  private static final String ALGORITHM = "HmacSHA256";
  private static final String EXPIRES = "millrace-expires";
  private static final String SIGNATURE = "millrace-signature";
  private static final Pattern QUERY =
      Pattern.compile(EXPIRES + "=(\\d{1,15})&" + SIGNATURE + "=([A-Za-z0-9_-]{43})");
  private static final Pattern PREFIX = Pattern.compile("(/[A-Za-z0-9._~-]+)+");
  private static final int KEY_BYTES = 32;

  /** What a request's own signature says. */
  enum Verdict {
    /** It has none. */
    UNSIGNED,
    /** It may do what it asks for. */
    VALID,
    /** It may not: the link has ended, or was changed. */
    REFUSED
  }

  private final SecretKeySpec key;
  private final Clock clock;

  @Autowired
  SignedLinks(@Value("${millrace.home}/store") Path home) throws IOException {
    this(home, Clock.systemUTC());
  }

  SignedLinks(Path home, Clock clock) throws IOException {
    this.key = new SecretKeySpec(key(Files.createDirectories(home)), ALGORITHM);
    this.clock = clock;
  }

  /**
   * A link to this server as the request reached it, through proxies that say so.
   *
   * @param method GET also allows HEAD
   * @param path decoded
   */
  public String to(String method, String path, Duration lifetime, HttpServletRequest request) {
    var expires = clock.instant().plus(lifetime).getEpochSecond();
    var seen = new ServletServerHttpRequest(request);
    var base =
        URI.create(
            request.getScheme()
                + "://"
                + Objects.requireNonNullElse(request.getHeader("Host"), "localhost"));
    return ForwardedHeaderUtils.adaptFromForwardedHeaders(base, seen.getHeaders())
        .replacePath(prefix(request) + UriUtils.encodePath(path, StandardCharsets.UTF_8))
        .replaceQuery(
            "%s=%s&%s=%s".formatted(EXPIRES, expires, SIGNATURE, sign(method, path, expires)))
        .build(true)
        .toUriString();
  }

  Verdict verdict(HttpServletRequest request) {
    return verdict(request.getMethod(), request.getRequestURI(), request.getQueryString());
  }

  Verdict verdict(String method, String encodedPath, @Nullable String query) {
    if (query == null || !query.contains(SIGNATURE)) {
      return Verdict.UNSIGNED;
    }
    var parsed = QUERY.matcher(query);
    if (!parsed.matches()) {
      return Verdict.REFUSED;
    }
    var expires = Long.parseLong(parsed.group(1));
    var signed = sign(method.equals("HEAD") ? "GET" : method, decoded(encodedPath), expires);
    var same = MessageDigest.isEqual(bytes(signed), bytes(parsed.group(2)));
    return same && clock.instant().getEpochSecond() < expires ? Verdict.VALID : Verdict.REFUSED;
  }

  private String sign(String method, String path, long expires) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      var signature = mac.doFinal(bytes(method + "\n" + expires + "\n" + path));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("Every Java has " + ALGORITHM, e);
    }
  }

  private static String prefix(HttpServletRequest request) {
    var prefix = Objects.requireNonNullElse(request.getHeader("X-Forwarded-Prefix"), "");
    return PREFIX.matcher(prefix).matches() ? prefix : "";
  }

  /** Clients write the same path with other characters encoded. */
  private static String decoded(String path) {
    try {
      return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return path;
    }
  }

  private static byte[] key(Path home) throws IOException {
    var file = home.resolve("links.key");
    if (!Files.exists(file)) {
      var made = new byte[KEY_BYTES];
      new SecureRandom().nextBytes(made);
      // Temporary files are readable by their owner alone.
      var under = Files.createTempFile(home, "links", ".key");
      Files.write(under, made);
      Files.move(under, file, StandardCopyOption.ATOMIC_MOVE);
    }
    return Files.readAllBytes(file);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
