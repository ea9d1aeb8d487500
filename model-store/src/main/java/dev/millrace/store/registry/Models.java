package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.RegisteredModel;
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

/** What can be done with registered models. */
@Service
final class Models {
  private static final Vocabulary VOCABULARY =
      new Vocabulary(Set.of("name"), Set.of(), Set.of("name"), Set.of(Entity.TAG));
  private static final Vocabulary ORDERS =
      new Vocabulary(
          Set.of("name"), Set.of("timestamp", "last_updated_timestamp"), Set.of(), Set.of());

  private final Database database;
  private final JdbcModels rows;
  private final JdbcVersions versions;
  private final AliasMoves aliases;
  private final RegistryEvents events;
  private final Clock clock = Clock.systemUTC();

  Models(
      Database database,
      JdbcModels rows,
      JdbcVersions versions,
      AliasMoves aliases,
      RegistryEvents events) {
    this.database = database;
    this.rows = rows;
    this.versions = versions;
    this.aliases = aliases;
    this.events = events;
  }

  RegisteredModel get(String name) {
    return database.read(() -> rows.find(name)).orElseThrow(() -> none(name));
  }

  RegistryEvent.Kind kind(String name) {
    return database.read(() -> rows.kind(name));
  }

  RegisteredModel create(String name, String description, List<Tag> tags) {
    RegistryNames.requireModelName(name);
    tags.forEach(RegistryNames::requireTag);
    return database.write(
        () -> {
          requireUnused(name);
          rows.insert(name, description, clock.millis());
          tags.forEach(tag -> rows.setTag(name, tag));
          var kind = RegistryEvent.Kind.of(tags);
          events.tell(new RegistryEvent.ModelCreated(kind, name, description, tags));
          return get(name);
        });
  }

  RegisteredModel rename(String name, String newName) {
    RegistryNames.requireModelName(newName);
    return change(
        name,
        newName,
        () -> {
          if (!name.equals(newName)) {
            requireUnused(newName);
            aliases.modelRenamed(name, newName);
            rows.rename(name, newName, clock.millis());
          }
        });
  }

  RegisteredModel describe(String name, String description) {
    return change(name, name, () -> rows.describe(name, description, clock.millis()));
  }

  void delete(String name) {
    database.write(
        () -> {
          get(name);
          aliases.modelDeleted(name);
          rows.delete(name);
        });
  }

  void setTag(String name, Tag tag) {
    RegistryNames.requireTag(tag);
    change(
        name,
        name,
        () -> {
          rows.setTag(name, tag);
          events.tell(new RegistryEvent.ModelTagSet(kind(name), name, tag));
        });
  }

  void deleteTag(String name, String key) {
    change(
        name,
        name,
        () -> {
          rows.deleteTag(name, key);
          events.tell(new RegistryEvent.ModelTagDeleted(kind(name), name, key));
        });
  }

  /** The newest version of each stage, or of these. */
  List<ModelVersion> latestVersions(String name, List<Stage> stages) {
    return database.read(
        () -> {
          get(name);
          var labels = stages.stream().map(Stage::label).toList();
          return versions.latest(List.of(name)).getOrDefault(name, List.of()).stream()
              .filter(v -> labels.isEmpty() || labels.contains(v.currentStage()))
              .toList();
        });
  }

  Page<RegisteredModel> search(String filter, List<String> orderBy, Page.Request request) {
    var wanted = VOCABULARY.parse(filter);
    var orders = Order.parse(orderBy, ORDERS);
    return database.read(() -> rows.search(wanted, orders, request));
  }

  private RegisteredModel change(String name, String nameThen, Runnable work) {
    return database.write(
        () -> {
          get(name);
          work.run();
          return get(nameThen);
        });
  }

  private void requireUnused(String name) {
    if (rows.find(name).isPresent()) {
      throw StoreException.exists("Registered Model (name=%s) already exists.".formatted(name));
    }
  }

  private static StoreException none(String name) {
    return StoreException.missing("Registered Model with name=%s not found".formatted(name));
  }
}
