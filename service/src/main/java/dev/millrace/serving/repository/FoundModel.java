package dev.millrace.serving.repository;

import dev.millrace.serving.lifecycle.Candidate;
import dev.millrace.serving.lifecycle.ServablePackage;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;

/**
 * The version of a model that a directory offers.
 *
 * @param folder holds the files of the version
 * @param modelFolder holds the versions; the same as {@code folder} where there is just one
 * @param config what is said of the model in Triton's form
 * @param fingerprint changes with any file of the version
 * @param newest when a file of the version was last changed
 * @param bytes of all its files
 * @param sent whether a load brought it along, so that where it lies is nobody's business
 */
record FoundModel(
    String model,
    String version,
    Path folder,
    Path modelFolder,
    FolderConfig config,
    String fingerprint,
    FileTime newest,
    long bytes,
    boolean sent) {

  Candidate candidate() {
    return new Candidate(
        model, version, fingerprint + config.identity(), sent ? this::readSent : this::read);
  }

  private ServablePackage readSent() throws IOException {
    try {
      return read();
    } catch (IOException e) {
      var message = SentFiles.withoutFolder(String.valueOf(e.getMessage()), modelFolder);
      throw new IOException(message, e);
    }
  }

  private ServablePackage files() throws IOException {
    if (config.isEnsemble()) {
      return ModelFiles.ofEnsemble(folder);
    }
    return config.fileName().isEmpty()
        ? ModelFiles.read(folder, null)
        : ModelFiles.named(folder, config.fileName());
  }

  private ServablePackage read() throws IOException {
    var declared = config.required();
    var files = files();
    var beside = files.labels().isEmpty() ? ModelFiles.labelsIn(modelFolder) : files.labels();
    var named = FolderConfig.firstLabels(declared);
    var labels = named.isEmpty() ? beside : named;
    return new ServablePackage(
        files.modelFile(),
        labels,
        files.image(),
        files.golden(),
        SettingsFiles.in(modelFolder, folder),
        declared,
        files.columns());
  }
}
