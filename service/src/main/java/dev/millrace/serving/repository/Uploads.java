package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the files that loads bring along: those of each load in a folder of their own, so that
 * nothing is written into the repository, and a load that fails leaves no trace. They are removed
 * with the next load, an unload or {@link #close}, and those of a process that was killed when the
 * next one starts. Blocks on files; thread-safe: changes of one model take turns.
 */
final class Uploads implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Uploads.class);
  private static final int MOST_LARGE_LOADS = 2;

  /** What needs no place. */
  private static final long SMALL_LOAD_BYTES = 1 << 20;

  /** Null where loads may bring no files along. */
  private final @Nullable UploadFolder folder;

  private final ModelLocks locks = new ModelLocks();
  private final Semaphore places = new Semaphore(MOST_LARGE_LOADS);

  private Uploads(@Nullable UploadFolder folder) {
    this.folder = folder;
  }

  /**
   * Keeps them below a folder.
   *
   * @param folder null where loads may bring no files along
   * @throws IllegalArgumentException where it cannot be written
   */
  static Uploads below(@Nullable Path folder) {
    try {
      return new Uploads(folder == null ? null : UploadFolder.below(folder));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "Files that loads bring along cannot be kept in '%s': %s. Set MILLRACE_HOME, or --home, to a folder that can be written, or start the service without '--allow-model-upload'."
              .formatted(folder, e),
          e);
    }
  }

  /** Whether loads may bring files along. */
  boolean allowed() {
    return folder != null;
  }

  /** As {@link ModelControl#admit}. */
  LoadPlace admit(long bytes) {
    if (bytes <= SMALL_LOAD_BYTES) {
      return LoadPlace.NONE;
    }
    if (!places.tryAcquire()) {
      throw new InferenceException(
          new InferenceFailure.Overloaded(
              "%d models are being sent already. Try again later.".formatted(MOST_LARGE_LOADS)));
    }
    return places::release;
  }

  /**
   * Has a model loaded: from the files that were sent, which are kept in place of those before, or
   * from the repository.
   *
   * @param load what is done with the repository that holds the model; where it fails, files that
   *     were sent are removed
   * @throws InferenceException with Invalid where files cannot be written, with Unsupported where
   *     none are taken
   */
  void load(
      String model, SentModel sent, ModelDirectory repository, Consumer<ModelDirectory> load) {
    if (folder == null) {
      sent.refuseFiles();
      locks.inTurn(model, () -> load.accept(repository));
    } else if (sent.files().isEmpty()) {
      locks.inTurn(
          model,
          () -> {
            load.accept(repository);
            keep(folder, model, null);
          });
    } else {
      var files = checked(model, sent);
      locks.inTurn(model, () -> serve(folder, model, files, load));
    }
  }

  /** Has a model unloaded; nothing needs its files then, but requests that have them open. */
  void unload(String model, Runnable unload) {
    locks.inTurn(
        model,
        () -> {
          unload.run();
          if (folder != null) {
            keep(folder, model, null);
          }
        });
  }

  private static SentFiles checked(String model, SentModel sent) {
    // Without a configuration they would be read with one that was not made for them.
    if (sent.config() == null) {
      throw invalid(
          model,
          "the parameter 'config' must be given where files are: send it, or '{}' to have it completed from the file");
    }
    if (!ModelName.allowed(model)) {
      throw invalid(model, "'%s' cannot be a model. %s".formatted(model, ModelName.rule()));
    }
    try {
      return SentFiles.checked(sent.files());
    } catch (SentFiles.BadNameException e) {
      throw invalid(model, String.valueOf(e.getMessage()));
    }
  }

  private static void serve(
      UploadFolder folder, String model, SentFiles files, Consumer<ModelDirectory> load) {
    var upload = written(folder, model, files);
    try {
      load.accept(ModelDirectory.ofLoad(upload));
    } catch (InferenceException e) {
      UploadFolder.remove(upload);
      throw withoutFolder(e, upload.resolve(model));
    } catch (RuntimeException | Error e) {
      UploadFolder.remove(upload);
      throw e;
    }
    keep(folder, model, upload);
  }

  /** What clients read does not tell where the server keeps its files. */
  private static InferenceException withoutFolder(InferenceException failure, Path ofModel) {
    var message = failure.failure().message();
    var told = SentFiles.withoutFolder(message, ofModel);
    return told.equals(message)
        ? failure
        : new InferenceException(new InferenceFailure.Invalid(told));
  }

  private static InferenceException invalid(String model, String why) {
    return new InferenceException(
        new InferenceFailure.Invalid("failed to load '%s', %s".formatted(model, why)));
  }

  private static Path written(UploadFolder folder, String model, SentFiles files) {
    try {
      return write(folder, model, files);
    } catch (IOException e) {
      log.warn("Cannot keep the files of a load: model={}", model, e);
      throw invalid(
          model,
          "its files cannot be written. The log of the server says why; often there is no room.");
    }
  }

  /** What comes back is a repository that holds nothing else. */
  private static Path write(UploadFolder folder, String model, SentFiles files) throws IOException {
    var ofModel = folder.models().resolve(model);
    if (!Files.isDirectory(ofModel)) {
      // Not the folders above, which are gone once this is closed.
      Files.createDirectory(ofModel);
    }
    var upload = Files.createTempDirectory(ofModel, "load-");
    try {
      files.writeTo(upload.resolve(model));
      return upload;
    } catch (IOException | RuntimeException e) {
      UploadFolder.remove(upload);
      throw e;
    }
  }

  /**
   * Removes all uploads of a model but this one.
   *
   * @param kept null for none
   */
  private static void keep(UploadFolder folder, String model, @Nullable Path kept) {
    if (!ModelName.allowed(model)) {
      return;
    }
    var ofModel = folder.models().resolve(model);
    if (kept == null) {
      UploadFolder.remove(ofModel);
      return;
    }
    try (var uploads = Files.list(ofModel)) {
      uploads.filter(upload -> !upload.equals(kept)).forEach(UploadFolder::remove);
    } catch (IOException e) {
      log.warn("Cannot remove uploads of before: model={} reason={}", model, e.toString());
    }
  }

  @Override
  public void close() {
    if (folder != null) {
      folder.close();
    }
  }
}
