package dev.millrace.serving.repository;

import dev.millrace.serving.lifecycle.Candidate;
import dev.millrace.serving.lifecycle.ServablePackage;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;

/**
 * A model that a directory offers.
 *
 * @param versions those that are to be served, the highest first; at least one
 * @param modelFolder holds the versions; the folder of the only one where they have none
 * @param config what is said of the model in Triton's form
 * @param sent whether a load brought it along, so that where it lies is nobody's business
 */
record FoundModel(
    String model,
    List<FoundVersion> versions,
    Path modelFolder,
    FolderConfig config,
    boolean sent) {

  /** Copies the list. */
  FoundModel {
    versions = List.copyOf(versions);
  }

  /** What is to be served, the highest version first. */
  List<Candidate> candidates() {
    return versions.stream().map(this::candidate).toList();
  }

  /** Of all files. */
  long bytes() {
    return versions.stream().mapToLong(FoundVersion::bytes).sum();
  }

  /** Changes with the files of any version, and with the choice of versions. */
  List<String> fingerprints() {
    return versions.stream().map(found -> found.version() + " " + found.fingerprint()).toList();
  }

  /** When a file was last changed. */
  FileTime newest() {
    return versions.stream().map(FoundVersion::newest).max(FileTime::compareTo).orElseThrow();
  }

  private Candidate candidate(FoundVersion found) {
    return new Candidate(
        model,
        found.version(),
        found.fingerprint() + config.identity(),
        () -> sent ? readSent(found) : read(found));
  }

  private ServablePackage readSent(FoundVersion found) throws IOException {
    try {
      return read(found);
    } catch (IOException e) {
      var message = SentFiles.withoutFolder(String.valueOf(e.getMessage()), modelFolder);
      throw new IOException(message, e);
    }
  }

  private ServablePackage files(Path folder) throws IOException {
    if (config.isEnsemble()) {
      return ModelFiles.ofEnsemble(folder);
    }
    return config.fileName().isEmpty()
        ? ModelFiles.read(folder, null)
        : ModelFiles.named(folder, config.fileName());
  }

  private ServablePackage read(FoundVersion found) throws IOException {
    if (found.problem() != null) {
      throw new IOException(found.problem());
    }
    var folder = found.folder();
    var declared = config.required();
    var files = files(folder);
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
