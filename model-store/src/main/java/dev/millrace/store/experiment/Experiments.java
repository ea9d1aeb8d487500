package dev.millrace.store.experiment;

import dev.millrace.protocol.mlflow.Experiment;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.naming.Keys;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import dev.millrace.store.search.Vocabulary;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/** What can be done with experiments. */
@Service
public final class Experiments {
  /** Where runs go that name no experiment. */
  public static final String DEFAULT_ID = "0";

  private static final int MAX_NAME = 500;
  private static final int MAX_TAG_VALUE = 20_000;
  // Fewer than PostgreSQL takes parameters.
  private static final int MOST_SEARCHED = 50_000;
  private static final Pattern ID = Pattern.compile("\\d{1,18}");
  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          Set.of("name", "experiment_id"),
          Set.of("creation_time", "last_update_time"),
          Set.of("experiment_id"),
          Set.of(Entity.TAG));

  private final Database database;
  private final JdbcExperiments rows;
  private final Clock clock = Clock.systemUTC();

  Experiments(Database database, JdbcExperiments rows) {
    this.database = database;
    this.rows = rows;
  }

  /** The experiment, deleted or not. */
  public Experiment get(String id) {
    return database.read(() -> rows.find(number(id))).orElseThrow(() -> none(id));
  }

  /** The experiment, which must not be deleted. */
  public Experiment requireActive(String id) {
    var experiment = get(id);
    if (!experiment.lifecycleStage().equals("active")) {
      throw StoreException.invalid(
          "The experiment %s must be in the 'active' state. Current state is %s."
              .formatted(id, experiment.lifecycleStage()));
    }
    return experiment;
  }

  /**
   * The numbers among these ids. What is no number is the id of no experiment, and a search in it
   * finds nothing.
   */
  public static List<Long> numbers(List<String> ids) {
    if (ids.size() > MOST_SEARCHED) {
      throw StoreException.invalid(
          "A search takes at most %s experiment_ids. Got %s. Split the search."
              .formatted(MOST_SEARCHED, ids.size()));
    }
    return ids.stream()
        .filter(id -> ID.matcher(id).matches())
        .map(Long::valueOf)
        .distinct()
        .toList();
  }

  String create(String name, @Nullable String artifactLocation, List<Tag> tags) {
    Keys.requireLength("name", name, MAX_NAME);
    tags.forEach(Experiments::check);
    return database.write(
        () -> {
          requireUnused(name);
          var id = rows.insert(name, artifactLocation, clock.millis());
          tags.forEach(tag -> rows.setTag(number(id), tag));
          return id;
        });
  }

  Experiment getByName(String name) {
    return database
        .read(() -> rows.findByName(name))
        .orElseThrow(
            () ->
                StoreException.missing("Could not find experiment with name '%s'".formatted(name)));
  }

  Page<Experiment> search(
      String filter, List<String> orderBy, LifecycleView view, Page.Request request) {
    var wanted = VOCABULARY.parse(filter);
    var orders = Order.parse(orderBy, VOCABULARY);
    if (orders.stream().anyMatch(order -> order.subject().entity() == Entity.TAG)) {
      throw StoreException.invalid("Invalid order_by entity: tag");
    }
    return database.read(() -> rows.search(wanted, orders, view, request));
  }

  void rename(String id, String name) {
    Keys.requireLength("name", name, MAX_NAME);
    database.write(
        () -> {
          rows.lock(number(id));
          var experiment = get(id);
          if (!experiment.lifecycleStage().equals("active")) {
            throw new StoreException(
                ErrorCode.INVALID_STATE, "Cannot rename a non-active experiment.");
          }
          if (!experiment.name().equals(name)) {
            requireUnused(name);
            rows.rename(number(id), name, clock.millis());
          }
        });
  }

  void delete(String id) {
    move(id, "active", "deleted");
  }

  void restore(String id) {
    move(id, "deleted", "active");
  }

  void setTag(String id, String key, String value) {
    var tag = new Tag(key, value);
    check(tag);
    database.write(
        () -> {
          requireActive(id);
          rows.setTag(number(id), tag);
        });
  }

  void deleteTag(String id, String key) {
    database.write(
        () -> {
          requireActive(id);
          if (!rows.deleteTag(number(id), key)) {
            throw StoreException.missing(
                "No tag with name: %s in experiment with id %s".formatted(key, id));
          }
        });
  }

  /** Runs go with their experiment. */
  private void move(String id, String from, String to) {
    database.write(
        () -> {
          rows.lock(number(id));
          if (!rows.move(number(id), from, to, clock.millis())) {
            throw none(id);
          }
        });
  }

  private void requireUnused(String name) {
    if (rows.findByName(name).isPresent()) {
      throw StoreException.exists(
          "Experiment(name=%s) already exists. A deleted experiment keeps its name: restore it, or choose another."
              .formatted(name));
    }
  }

  private static void check(Tag tag) {
    Keys.require("key", "key", tag.key());
    Keys.requireLength("value", tag.value(), MAX_TAG_VALUE);
  }

  private static long number(String id) {
    if (!ID.matcher(id).matches()) {
      throw StoreException.invalid(
          "Invalid experiment ID '%s'. Experiment ID must be a valid integer.".formatted(id));
    }
    return Long.parseLong(id);
  }

  private static StoreException none(String id) {
    return StoreException.missing("No Experiment with id=%s exists".formatted(id));
  }
}
