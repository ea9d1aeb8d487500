package dev.millrace.serving.repository;

import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.packaging.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Properties;

/**
 * The version of one registered model that the alias points to, and what its files must be.
 *
 * @param born when the registered model was created: a model that is deleted and made again starts
 *     its version numbers anew
 * @param sha256 of the list of digests of its package; empty when whoever registered it gave none
 * @param source where the store says that its files are
 */
record Champion(String model, String version, long born, String sha256, String source) {
  static final String DIGEST_TAG = "millrace.sha256";

  static Champion of(ModelVersion version, long born) {
    return new Champion(
        version.name(),
        version.version(),
        born,
        version.tag(DIGEST_TAG).orElse(""),
        String.valueOf(version.source()));
  }

  Optional<String> digest() {
    return sha256.isEmpty() ? Optional.empty() : Optional.of(sha256);
  }

  /** Whether the alias still means the same version. */
  boolean is(String otherVersion, long otherBorn) {
    return version.equals(otherVersion) && born == otherBorn;
  }

  /** Stands for the content: the digest where there is one, else where it came from. */
  String identity() {
    return sha256.isEmpty() ? hash(born + " " + model + " " + version + " " + source) : sha256;
  }

  Properties toProperties() {
    var properties = new Properties();
    properties.setProperty("model", model);
    properties.setProperty("version", version);
    properties.setProperty("born", Long.toString(born));
    properties.setProperty("sha256", sha256);
    properties.setProperty("source", source);
    return properties;
  }

  /** Throws {@link IllegalArgumentException} when something is missing. */
  static Champion from(Properties properties) {
    return new Champion(
        required(properties, "model"),
        required(properties, "version"),
        Long.parseLong(required(properties, "born")),
        required(properties, "sha256"),
        required(properties, "source"));
  }

  private static String required(Properties properties, String key) {
    var value = properties.getProperty(key);
    if (value == null) {
      throw new IllegalArgumentException("'" + key + "' is missing");
    }
    return value;
  }

  private static String hash(String text) {
    try {
      return Sha256.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
