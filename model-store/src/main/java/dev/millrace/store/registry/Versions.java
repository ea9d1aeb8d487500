package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Comparison;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Comparison.Value;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import dev.millrace.store.search.Vocabulary;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.springframework.stereotype.Service;

/** What can be done with versions and the aliases that point to them. */
@Service
final class Versions {
  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          Set.of("name", "run_id", "source_path"),
          Set.of("version_number"),
          Set.of("name", "run_id"),
          Set.of(Entity.TAG));
  private static final Subject NUMBER = new Subject(Entity.ATTRIBUTE, "version_number");
  private static final Pattern WHOLE = Pattern.compile("-?\\d{1,18}");
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
  private final JdbcAliases aliases;
  private final AliasMoves moves;
  private final RegistryEvents events;
  private final Clock clock = Clock.systemUTC();

  Versions(
      Database database,
      Models models,
      SourceResolver sources,
      JdbcVersions rows,
      JdbcAliases aliases,
      AliasMoves moves,
      RegistryEvents events) {
    this.database = database;
    this.models = models;
    this.sources = sources;
    this.rows = rows;
    this.aliases = aliases;
    this.moves = moves;
    this.events = events;
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
          var created = get(id);
          var kind = RegistryEvent.Kind.of(draft.tags());
          events.tell(new RegistryEvent.VersionCreated(kind, created));
          return created;
        });
  }

  /** Where the files lie. */
  String downloadUri(VersionId id) {
    return database.read(() -> rows.storageLocation(id)).orElseThrow(id::none);
  }

  Page<ModelVersion> search(String filter, List<String> orderBy, Page.Request request) {
    var wanted = VOCABULARY.parse(filter, Versions::withNumber);
    var orders = Order.parse(orderBy, ORDERS);
    return database.read(() -> rows.search(wanted, orders, request));
  }

  /** A version number may be quoted, and is whole. */
  private static Comparison withNumber(Comparison comparison) {
    if (!comparison.subject().equals(NUMBER)) {
      return comparison;
    }
    var written =
        switch (comparison.value()) {
          case Value.Text(var text) -> text;
          case Value.Digits(var digits) -> digits;
          case Value.Texts _, Value.None _ -> "1";
        };
    if (!WHOLE.matcher(written).matches()) {
      throw StoreException.invalid(
          "Invalid value for numeric attribute 'version_number': %s. Write a whole number."
              .formatted(written));
    }
    return comparison.value() instanceof Value.Text(var text)
        ? new Comparison(NUMBER, comparison.operator(), new Value.Digits(text))
        : comparison;
  }

  ModelVersion describe(VersionId id, String description) {
    return change(id, () -> rows.describe(id, description, clock.millis()));
  }

  void delete(VersionId id) {
    database.write(
        () -> {
          rows.lockModel(id.name());
          get(id);
          moves.versionDeleted(id);
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
    change(
        id,
        () -> {
          rows.setTag(id, tag);
          events.tell(new RegistryEvent.VersionTagSet(kind(id), id.name(), number(id), tag));
        });
  }

  void deleteTag(VersionId id, String key) {
    change(
        id,
        () -> {
          rows.deleteTag(id, key);
          events.tell(new RegistryEvent.VersionTagDeleted(kind(id), id.name(), number(id), key));
        });
  }

  ModelVersion byAlias(String name, String alias) {
    return database.read(
        () ->
            aliases
                .find(name, alias)
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
          moves.set(id, alias, note);
          rows.setAlias(id, alias);
          events.tell(new RegistryEvent.AliasSet(kind(id), id.name(), alias, number(id)));
        });
  }

  void deleteAlias(String name, String alias, MoveNote note) {
    database.write(
        () -> {
          models.get(name);
          moves.delete(name, alias, note);
          rows.deleteAlias(name, alias);
          events.tell(new RegistryEvent.AliasDeleted(models.kind(name), name, alias));
        });
  }

  private RegistryEvent.Kind kind(VersionId id) {
    return models.kind(id.name());
  }

  private static String number(VersionId id) {
    return String.valueOf(id.version());
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
