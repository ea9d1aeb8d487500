package dev.millrace.store.artifact;

import dev.millrace.store.failure.StoreException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client says that the content it sends will hash to: {@code Content-Digest} and {@code
 * Repr-Digest} of RFC 9530, and {@code Content-MD5}.
 */
public record AnnouncedDigests(List<Digest> digests) {
  /** Nothing was announced. */
  public static final AnnouncedDigests NONE = new AnnouncedDigests(List.of());

  private static final Map<String, String> ALGORITHMS =
      Map.of("sha-256", "SHA-256", "sha-512", "SHA-512");
  private static final Pattern ENTRY =
      Pattern.compile("\\s*([a-z*][a-z0-9_.*-]*)\\s*=\\s*:([A-Za-z0-9+/=]*):\\s*(?:;[^,]*)?");

  /**
   * One of them.
   *
   * @param algorithm as Java names it
   * @param value in base64
   */
  record Digest(String algorithm, String value) {}

  /** Copies the list. */
  public AnnouncedDigests {
    digests = List.copyOf(digests);
  }

  /**
   * Reads the headers; algorithms that nobody here knows are left out, as RFC 9530 asks.
   *
   * @param fields the values of Content-Digest and Repr-Digest
   */
  static AnnouncedDigests of(List<String> fields, @Nullable String contentMd5) {
    var digests = new ArrayList<Digest>();
    for (String field : fields) {
      for (String entry : field.split(",", -1)) {
        var parsed = ENTRY.matcher(entry);
        if (!parsed.matches()) {
          throw StoreException.invalid(
              "The digest '%s' cannot be read. Write sha-256=:BASE64: as RFC 9530 has it."
                  .formatted(entry.strip()));
        }
        var algorithm = ALGORITHMS.get(parsed.group(1));
        if (algorithm != null) {
          digests.add(new Digest(algorithm, parsed.group(2)));
        }
      }
    }
    if (contentMd5 != null) {
      digests.add(new Digest("MD5", contentMd5.strip()));
    }
    return new AnnouncedDigests(digests);
  }

  /** Hashes content while it passes by. */
  Hashes start() {
    return new Hashes();
  }

  /** The hashes of what has passed by so far. */
  final class Hashes {
    private final MessageDigest sha256 = algorithm("SHA-256");
    private final List<MessageDigest> announced =
        digests.stream().map(digest -> algorithm(digest.algorithm())).toList();

    void update(byte[] bytes, int count) {
      sha256.update(bytes, 0, count);
      for (MessageDigest hash : announced) {
        hash.update(bytes, 0, count);
      }
    }

    /** Refuses content that is not what was announced; answers its SHA-256. */
    byte[] check() {
      for (int i = 0; i < digests.size(); i++) {
        var found = Base64.getEncoder().encodeToString(announced.get(i).digest());
        if (!found.equals(digests.get(i).value())) {
          throw StoreException.invalid(
              "The content has the %s digest %s, but %s was announced. Nothing was stored; send it again."
                  .formatted(digests.get(i).algorithm(), found, digests.get(i).value()));
        }
      }
      return sha256.digest();
    }
  }

  private static MessageDigest algorithm(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has " + name, e);
    }
  }
}
