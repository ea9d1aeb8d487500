package dev.millrace.serving.repository;

import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.MlflowException;
import dev.millrace.protocol.mlflow.ModelVersion;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes on a version in the store why it is not served, for those who look there. Best effort: the
 * state in this service is the authority.
 */
final class VersionReports {
  static final String ERROR_TAG = "millrace.serving.error";
  private static final Logger log = LoggerFactory.getLogger(VersionReports.class);
  private static final int MOST_CHARACTERS = 2000;

  private final MlflowClient store;

  /** What is written on which version, by this process or one before it. */
  private final Map<VersionId, String> written = new ConcurrentHashMap<>();

  private record VersionId(String model, String version) {}

  VersionReports(MlflowClient store) {
    this.store = store;
  }

  /** Notes what stands on a version that was looked up. */
  void seen(ModelVersion version) {
    version
        .tag(ERROR_TAG)
        .filter(text -> !text.isEmpty())
        .ifPresent(text -> written.put(new VersionId(version.name(), version.version()), text));
  }

  void failed(String model, String version, String reason) {
    var text = reason.substring(0, Math.min(reason.length(), MOST_CHARACTERS));
    var id = new VersionId(model, version);
    if (!text.equals(written.get(id)) && wrote(id, text)) {
      written.put(id, text);
    }
  }

  /** Takes back what an earlier attempt wrote. */
  void served(String model, String version) {
    var id = new VersionId(model, version);
    if (written.containsKey(id) && wrote(id, "")) {
      written.remove(id);
    }
  }

  private boolean wrote(VersionId id, String text) {
    try {
      store.setModelVersionTag(id.model(), id.version(), ERROR_TAG, text);
      return true;
    } catch (MlflowException e) {
      log.info("Cannot write '{}' on {}: {}", ERROR_TAG, id, e.getMessage());
      return false;
    }
  }
}
