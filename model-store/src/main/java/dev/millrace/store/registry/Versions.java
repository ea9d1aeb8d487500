package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import dev.millrace.store.search.Vocabulary;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.springframework.stereotype.Service;

/** What can be done with versions and the aliases that point to them. */
@Service
final class Versions {
  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          Set.of("name", "run_id", "source_path"),
          Set.of("version_number"),
          Set.of("run_id"),
          Set.of(Entity.TAG));
  private static final Vocabulary ORDERS =
      new Vocabulary(
          Set.of("name"),
          Set.of("version_number", "creation_timestamp", "last_updated_timestamp"),
          Set.of(),
          Set.of());

  /** A version that is about to be created; empty texts were not given. */
  record Draft(
      String name,
      String source,
      String runId,
      String modelId,
      String runLink,
      String description,
      List<Tag> tags) {}

  private final Database database;
  private final Models models;
  private final SourceResolver sources;
  private final JdbcVersions rows;
  private final AliasMoves aliases;
  private final Clock clock = Clock.systemUTC();

  Versions(
      Database database,
      Models models,
      SourceResolver sources,
      JdbcVersions rows,
      AliasMoves aliases) {
    this.database = database;
    this.models = models;
    this.sources = sources;
    this.rows = rows;
    this.aliases = aliases;
  }

  ModelVersion get(VersionId id) {
    return database.read(() -> rows.find(id)).orElseThrow(id::none);
  }

  boolean isThere(VersionId id) {
    return database.read(() -> rows.find(id)).isPresent();
  }

  ModelVersion create(Draft draft) {
    draft.tags().forEach(RegistryNames::requireTag);
    return database.write(
        () -> {
          var model = models.get(draft.name());
          var resolved = sources.resolve(draft, model);
          var id = rows.insert(draft, resolved, clock.millis());
          draft.tags().forEach(tag -> rows.setTag(id, tag));
          return get(id);
        });
  }

  /** Where the files lie. */
  String downloadUri(VersionId id) {
    return database.read(() -> rows.storageLocation(id)).orElseThrow(id::none);
  }

  Page<ModelVersion> search(String filter, List<String> orderBy, Page.Request request) {
    var comparisons = VOCABULARY.parse(filter);
    var orders = Order.parse(orderBy, ORDERS);
    return database.read(() -> rows.search(comparisons, orders, request));
  }

  ModelVersion describe(VersionId id, String description) {
    return change(id, () -> rows.describe(id, description, clock.millis()));
  }

  void delete(VersionId id) {
    database.write(
        () -> {
          rows.lockModel(id.name());
          get(id);
          aliases.versionDeleted(id);
          rows.delete(id, clock.millis());
        });
  }

  ModelVersion move(VersionId id, Stage stage) {
    return change(id, () -> rows.move(id, stage, clock.millis()));
  }

  ModelVersion moveAndArchiveOthers(VersionId id, Stage stage) {
    if (!stage.isActive()) {
      throw StoreException.invalid(
          "Model version transition cannot archive existing model versions because '%s' is not an Active stage. Valid stages are ['Staging', 'Production']"
              .formatted(stage.label()));
    }
    return change(
        id,
        () -> {
          rows.archiveOthers(id, stage, clock.millis());
          rows.move(id, stage, clock.millis());
        });
  }

  void setTag(VersionId id, Tag tag) {
    RegistryNames.requireTag(tag);
    change(id, () -> rows.setTag(id, tag));
  }

  void deleteTag(VersionId id, String key) {
    change(id, () -> rows.deleteTag(id, key));
  }

  ModelVersion byAlias(String name, String alias) {
    return database.read(
        () ->
            rows.findByAlias(name, alias)
                .orElseThrow(
                    () -> {
                      models.get(name);
                      return StoreException.invalid(
                          "Registered model alias %s not found.".formatted(alias));
                    }));
  }

  /** Points the alias to the version, in one step away from another. */
  void setAlias(VersionId id, String alias, MoveNote note) {
    RegistryNames.requireAlias(alias);
    change(
        id,
        () -> {
          aliases.set(id, alias, note);
          rows.setAlias(id, alias);
        });
  }

  void deleteAlias(String name, String alias, MoveNote note) {
    database.write(
        () -> {
          models.get(name);
          aliases.delete(name, alias, note);
          rows.deleteAlias(name, alias);
        });
  }

  private ModelVersion change(VersionId id, Runnable work) {
    return database.write(
        () -> {
          rows.lockModel(id.name());
          get(id);
          work.run();
          return get(id);
        });
  }
}
