package dev.millrace.store.removal;

import dev.millrace.store.artifact.ArtifactPath;
import dev.millrace.store.artifact.ArtifactStorage;
import dev.millrace.store.artifact.Usage;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** The files of what is removed: those in a folder that nothing else uses. */
@Component
final class OwnedFiles {
  private final ArtifactStorage storage;
  private final Database database;
  private final JdbcRemovals rows;

  OwnedFiles(ArtifactStorage storage, Database database, JdbcRemovals rows) {
    this.storage = storage;
    this.database = database;
    this.rows = rows;
  }

  Usage usage(Claim claim) throws IOException {
    var folder = folder(claim);
    return folder.isPresent() ? storage.usage(folder.get()) : Usage.NONE;
  }

  Usage delete(Claim claim) throws IOException {
    var folder = folder(claim);
    return folder.isPresent() ? storage.delete(folder.get()) : Usage.NONE;
  }

  /** Empty when the files lie elsewhere, or together with those of others. */
  private Optional<ArtifactPath> folder(Claim claim) {
    return location(claim)
        .filter(path -> !path.text().isEmpty())
        .flatMap(
            path ->
                claim.kind() == Kind.EXPERIMENT ? unshared(claim, path) : named(claim.id(), path));
  }

  private static Optional<ArtifactPath> location(Claim claim) {
    try {
      return ArtifactPath.ofLocation(claim.location());
    } catch (StoreException _) {
      // Nothing was ever written to a place that cannot be.
      return Optional.empty();
    }
  }

  private Optional<ArtifactPath> unshared(Claim claim, ArtifactPath path) {
    return database.read(() -> rows.isShared(claim.id(), claim.location()))
        ? Optional.empty()
        : Optional.of(path);
  }

  /** The folder that has the name of a run or logged model; {@code artifacts} lies in it. */
  private static Optional<ArtifactPath> named(String id, ArtifactPath path) {
    var end = ("/" + path.text() + "/").indexOf("/" + id + "/");
    return end < 0
        ? Optional.empty()
        : Optional.of(new ArtifactPath(path.text().substring(0, end + id.length())));
  }
}
