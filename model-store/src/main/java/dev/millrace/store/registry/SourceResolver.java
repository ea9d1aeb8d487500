package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.loggedmodel.LoggedModels;
import dev.millrace.store.run.Runs;
import java.util.List;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/**
 * Finds where the files of a new version lie, and refuses sources that nobody should be made to
 * read: local paths, foreign hosts, and files of a run or model that the request does not name.
 */
@Component
final class SourceResolver {
  private static final Pattern LOGGED_MODEL = Pattern.compile("models:/(m-[0-9a-f]{32})/?");
  private static final Pattern VERSION = Pattern.compile("models:/([^/@]+)/(\\d{1,9})/?");
  private static final Pattern ALIAS = Pattern.compile("models:/([^/@]+)@([^/]+)/?");
  private static final String REGISTRATIONS_TAG = "mlflow.modelVersions";

  /** Where the files are, and the run they came from, empty when unknown. */
  record Resolved(String location, String runId) {}

  private final Database database;
  private final JdbcVersions versions;
  private final Runs runs;
  private final LoggedModels loggedModels;

  SourceResolver(Database database, JdbcVersions versions, Runs runs, LoggedModels loggedModels) {
    this.database = database;
    this.versions = versions;
    this.runs = runs;
    this.loggedModels = loggedModels;
  }

  Resolved resolve(Versions.Draft draft) {
    var source = draft.source();
    if (source.startsWith("models:/")) {
      return database.read(() -> model(draft));
    }
    SourceRules.check(source);
    if (source.startsWith("mlflow-artifacts:")) {
      requireOwner(draft);
    }
    return new Resolved(source, draft.runId());
  }

  /** Leaves a note on the logged model, as MLflow's server does. */
  void noteRegistration(Versions.Draft draft, VersionId id) {
    if (draft.modelId().isEmpty()) {
      return;
    }
    var entry =
        "{\"name\": \"%s\", \"version\": %s}".formatted(id.name().replace("\"", ""), id.version());
    var before =
        loggedModels.get(draft.modelId()).info().tags().stream()
            .filter(tag -> tag.key().equals(REGISTRATIONS_TAG))
            .map(tag -> tag.value().replaceAll("^\\[|]$", ""))
            .toList();
    var entries = before.isEmpty() ? List.of(entry) : List.of(before.getFirst(), entry);
    loggedModels.setTag(
        draft.modelId(), new Tag(REGISTRATIONS_TAG, "[" + String.join(", ", entries) + "]"));
  }

  private Resolved model(Versions.Draft draft) {
    var source = draft.source();
    var logged = LOGGED_MODEL.matcher(source);
    if (logged.matches()) {
      if (!draft.modelId().equals(logged.group(1))) {
        throw SourceRules.notOwned(source, "model_id");
      }
      return new Resolved(loggedModels.get(logged.group(1)).info().artifactUri(), draft.runId());
    }
    var version = VERSION.matcher(source);
    if (version.matches()) {
      return copied(VersionId.of(version.group(1), version.group(2)), draft);
    }
    var alias = ALIAS.matcher(source);
    if (alias.matches()) {
      var target = versions.findByAlias(alias.group(1), alias.group(2));
      return copied(
          target
              .map(v -> VersionId.of(v.name(), v.version()))
              .orElseThrow(() -> SourceRules.unknown(source)),
          draft);
    }
    throw SourceRules.unknown(source);
  }

  private Resolved copied(VersionId id, Versions.Draft draft) {
    var original = versions.find(id).orElseThrow(id::none);
    var runId = draft.runId().isEmpty() ? original.runId() : draft.runId();
    return new Resolved(
        versions.storageLocation(id).orElseThrow(id::none), runId == null ? "" : runId);
  }

  private void requireOwner(Versions.Draft draft) {
    var owner =
        draft.modelId().isEmpty()
            ? runLocation(draft)
            : loggedModels.get(draft.modelId()).info().artifactUri();
    if (!SourceRules.contains(owner, draft.source())) {
      throw SourceRules.notOwned(draft.source(), draft.modelId().isEmpty() ? "run_id" : "model_id");
    }
  }

  private String runLocation(Versions.Draft draft) {
    try {
      return runs.info(draft.runId()).artifactUri();
    } catch (StoreException _) {
      throw SourceRules.notOwned(draft.source(), "run_id");
    }
  }
}
