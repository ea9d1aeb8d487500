package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.RegisteredModel;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.loggedmodel.LoggedModels;
import dev.millrace.store.run.Runs;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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

  /** Where the files are, and the run they came from, empty when unknown. */
  record Resolved(String location, String runId) {}

  private final Database database;
  private final JdbcVersions versions;
  private final JdbcAliases aliases;
  private final Runs runs;
  private final LoggedModels loggedModels;

  SourceResolver(
      Database database,
      JdbcVersions versions,
      JdbcAliases aliases,
      Runs runs,
      LoggedModels loggedModels) {
    this.database = database;
    this.versions = versions;
    this.aliases = aliases;
    this.runs = runs;
    this.loggedModels = loggedModels;
  }

  Resolved resolve(Versions.Draft draft, RegisteredModel registered) {
    var source = draft.source();
    if (SourceRules.isPromptOf(registered, source)) {
      return new Resolved(source, draft.runId());
    }
    if (source.startsWith("models:/")) {
      return database.read(() -> model(draft));
    }
    SourceRules.check(source);
    if (source.startsWith("mlflow-artifacts:")) {
      return owned(draft);
    }
    return new Resolved(source, draft.runId());
  }

  private Resolved model(Versions.Draft draft) {
    var source = draft.source();
    var logged = LOGGED_MODEL.matcher(source);
    if (logged.matches()) {
      if (!draft.modelId().equals(logged.group(1))) {
        throw SourceRules.notOwned(source, "model_id");
      }
      var model = loggedModels.get(logged.group(1)).info();
      return new Resolved(model.artifactUri(), firstNonEmpty(draft.runId(), model.sourceRunId()));
    }
    var version = VERSION.matcher(source);
    if (version.matches()) {
      return copied(VersionId.of(version.group(1), version.group(2)), draft);
    }
    var alias = ALIAS.matcher(source);
    if (alias.matches()) {
      var target = aliases.find(alias.group(1), alias.group(2));
      return copied(
          target
              .map(v -> VersionId.of(v.name(), v.version()))
              .orElseThrow(() -> SourceRules.unknown(source)),
          draft);
    }
    throw SourceRules.unknown(source);
  }

  private Resolved copied(VersionId id, Versions.Draft draft) {
    // While the original is there, nobody removes its files; from here to the end it stays.
    versions.lockModel(id.name());
    var original = versions.find(id).orElseThrow(id::none);
    var location = versions.storageLocation(id).orElseThrow(id::none);
    return new Resolved(location, firstNonEmpty(draft.runId(), original.runId()));
  }

  /** A source in the store's own artifacts, which the named run or logged model must own. */
  private Resolved owned(Versions.Draft draft) {
    if (draft.modelId().isEmpty()) {
      requireInside(runLocation(draft), draft, "run_id");
      return new Resolved(draft.source(), draft.runId());
    }
    var model = loggedModels.get(draft.modelId()).info();
    requireInside(model.artifactUri(), draft, "model_id");
    return new Resolved(draft.source(), firstNonEmpty(draft.runId(), model.sourceRunId()));
  }

  private static void requireInside(String owner, Versions.Draft draft, String parameter) {
    if (!SourceRules.contains(owner, draft.source())) {
      throw SourceRules.notOwned(draft.source(), parameter);
    }
  }

  private String runLocation(Versions.Draft draft) {
    try {
      return runs.info(draft.runId()).artifactUri();
    } catch (StoreException _) {
      throw SourceRules.notOwned(draft.source(), "run_id");
    }
  }

  private static String firstNonEmpty(String given, @Nullable String known) {
    return given.isEmpty() && known != null ? known : given;
  }
}
