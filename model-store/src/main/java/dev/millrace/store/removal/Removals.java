package dev.millrace.store.removal;

import dev.millrace.store.database.Database;
import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.springframework.stereotype.Service;

/**
 * Decides what is removed for good of what was deleted.
 *
 * <p>A claim comes first, in one write with the check that nothing keeps the thing: from then on
 * nobody can see, restore or register it. {@link ClaimedRemoval} does the rest, from wherever it
 * was interrupted.
 */
@Service
final class Removals {
  private static final String DEFAULT_EXPERIMENT = "0";
  private static final int BATCH = 100;
  private static final int WAIT_SECONDS = 30;

  /** One thing by its id. */
  record Named(Kind kind, String id) {}

  /** Some of what there is to look at: all of it, what of it goes, and what stays why. */
  private record Step(
      List<Candidate> candidates, List<Claim> claims, Map<Candidate, String> obstacles) {}

  private final Database database;
  private final JdbcRemovals rows;
  private final ClaimedRemoval removal;
  // One removal at a time: two would only wait for each other.
  private final ReentrantLock lock = new ReentrantLock();

  Removals(Database database, JdbcRemovals rows, ClaimedRemoval removal) {
    this.database = database;
    this.rows = rows;
    this.removal = removal;
  }

  /** Removes one thing, which must be deleted and which no version may point at. */
  Report remove(Named named) {
    var tally = Tally.ofRemoval();
    locked(() -> removal.finish(database.write(() -> claim(named)), tally));
    return tally.report();
  }

  /** Finishes what was interrupted. */
  void resume() {
    locked(() -> finishInterrupted(Tally.ofRemoval()));
  }

  /** Removes all that was deleted until a time, or of it only what is named. */
  Report collect(long beforeMillis, List<Named> named) {
    var tally = Tally.ofRemoval();
    locked(
        () -> {
          finishInterrupted(tally);
          visit(beforeMillis, named, tally);
        });
    return tally.report();
  }

  /** What {@link #collect} would do. */
  Report preview(long beforeMillis, List<Named> named) {
    var tally = Tally.ofDryRun();
    visit(beforeMillis, named, tally);
    return tally.report();
  }

  private void finishInterrupted(Tally tally) {
    for (Claim claim : database.read(rows::claims)) {
      removal.finish(claim, tally);
    }
  }

  private Claim claim(Named named) {
    var candidate = rows.find(named.kind(), named.id()).orElseThrow(() -> none(named));
    var obstacle = obstacles(List.of(candidate)).values().stream().findFirst();
    if (obstacle.isPresent()) {
      throw StoreException.invalid(
          "The %s %s cannot be removed for good: %s."
              .formatted(named.kind().label(), named.id(), obstacle.get()));
    }
    return rows.claim(candidate);
  }

  private void visit(long beforeMillis, List<Named> named, Tally tally) {
    if (named.isEmpty()) {
      // Experiments first: what is in them goes with them.
      for (Kind kind : Kind.values()) {
        sweep(kind, beforeMillis, tally);
      }
    }
    var others = new ArrayList<Named>();
    for (Named one : new LinkedHashSet<>(named)) {
      if (one.kind() == Kind.EXPERIMENT) {
        visitAll(List.of(one), beforeMillis, tally);
      } else {
        others.add(one);
      }
    }
    for (int from = 0; from < others.size(); from += BATCH) {
      visitAll(others.subList(from, Math.min(from + BATCH, others.size())), beforeMillis, tally);
    }
  }

  /** In one step, which looks at the versions once. */
  private void visitAll(List<Named> named, long beforeMillis, Tally tally) {
    var step =
        take(
            () -> named.stream().flatMap(one -> rows.find(one.kind(), one.id()).stream()).toList(),
            beforeMillis,
            tally);
    var found = new HashSet<Named>();
    step.candidates().forEach(candidate -> found.add(new Named(candidate.kind(), candidate.id())));
    for (Named one : named) {
      if (!found.contains(one)) {
        tally.skip(one.kind(), one.id(), "there is none with this id");
      }
    }
  }

  private void sweep(Kind kind, long beforeMillis, Tally tally) {
    // An experiment is a write of its own, since all that is in it is looked at.
    var limit = kind == Kind.EXPERIMENT ? 1 : BATCH;
    var seen = sweep(kind, kind.firstId(), limit, beforeMillis, tally);
    while (!seen.isEmpty()) {
      seen = sweep(kind, seen.getLast().id(), limit, beforeMillis, tally);
    }
  }

  private List<Candidate> sweep(
      Kind kind, String after, int limit, long beforeMillis, Tally tally) {
    return take(() -> rows.deletedAfter(kind, after, limit), beforeMillis, tally).candidates();
  }

  private Step take(Supplier<List<Candidate>> source, long beforeMillis, Tally tally) {
    if (tally.isDryRun()) {
      var step = noted(database.read(() -> choose(source.get(), beforeMillis, tally)), tally);
      step.claims().forEach(claim -> removal.count(claim, tally));
      return step;
    }
    var step = noted(database.write(() -> choose(source.get(), beforeMillis, tally)), tally);
    step.claims().forEach(claim -> removal.finish(claim, tally));
    return step;
  }

  /** Outside the write, which may be done several times. */
  private static Step noted(Step step, Tally tally) {
    step.obstacles()
        .forEach((candidate, reason) -> tally.skip(candidate.kind(), candidate.id(), reason));
    return step;
  }

  private Step choose(List<Candidate> candidates, long beforeMillis, Tally tally) {
    var wanted =
        candidates.stream()
            .filter(candidate -> !isYoung(candidate, beforeMillis) && !tally.covers(candidate))
            .toList();
    var obstacles = obstacles(wanted);
    var claims = new ArrayList<Claim>();
    for (Candidate candidate : wanted) {
      if (!obstacles.containsKey(candidate)) {
        claims.add(tally.isDryRun() ? candidate.claim() : rows.claim(candidate));
      }
    }
    return new Step(candidates, claims, obstacles);
  }

  private static boolean isYoung(Candidate candidate, long beforeMillis) {
    return candidate.isDeleted() && candidate.deletedMillis() > beforeMillis;
  }

  /** What has to stay, and why. */
  private Map<Candidate, String> obstacles(List<Candidate> candidates) {
    var obstacles = new LinkedHashMap<Candidate, String>();
    var others = new ArrayList<Candidate>();
    for (Candidate candidate : candidates) {
      obstacle(candidate)
          .ifPresentOrElse(reason -> obstacles.put(candidate, reason), () -> others.add(candidate));
    }
    // To look at the versions is to read them all: only for what nothing else keeps.
    if (others.isEmpty()) {
      return obstacles;
    }
    others.stream()
        .filter(candidate -> candidate.kind() == Kind.EXPERIMENT)
        .forEach(experiment -> rows.lockIn(experiment.id()));
    // After the locks: whoever held one may have registered a version.
    var registered = rows.registered();
    for (Candidate candidate : others) {
      keeping(candidate, registered).ifPresent(reason -> obstacles.put(candidate, reason));
    }
    return obstacles;
  }

  /** Why it has to stay by itself. */
  private static Optional<String> obstacle(Candidate candidate) {
    if (!candidate.isDeleted()) {
      return Optional.of("it is not in the 'deleted' state; delete it first");
    }
    return candidate.kind() == Kind.EXPERIMENT && candidate.id().equals(DEFAULT_EXPERIMENT)
        ? Optional.of("runs that name no experiment go there")
        : Optional.empty();
  }

  /** What it, or something in it, has to stay for. */
  private Optional<String> keeping(Candidate candidate, RegisteredFiles registered) {
    return candidate.kind() == Kind.EXPERIMENT
        ? rows.firstIn(candidate.id(), inside -> keepingFrom(inside, registered))
        : registered.keeping(candidate).map(Removals::keptBy);
  }

  private static Optional<String> keepingFrom(Candidate inside, RegisteredFiles registered) {
    // Restored in an experiment that stayed deleted. Logged models do not follow it at all.
    return inside.kind() == Kind.RUN && !inside.isDeleted()
        ? Optional.of("run %s in it is active; delete it first".formatted(inside.id()))
        : registered.keeping(inside).map(Removals::keptBy);
  }

  private static String keptBy(String version) {
    return version + " points at it; delete that version first";
  }

  private static StoreException none(Named named) {
    return StoreException.missing(
        "There is no %s with the id '%s'.".formatted(named.kind().label(), named.id()));
  }

  private void locked(Runnable work) {
    try {
      if (!lock.tryLock(WAIT_SECONDS, TimeUnit.SECONDS)) {
        throw new StoreException(
            ErrorCode.TEMPORARILY_UNAVAILABLE,
            "Another removal has been going on for more than %s seconds. Try again later."
                .formatted(WAIT_SECONDS));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new StoreException(ErrorCode.TEMPORARILY_UNAVAILABLE, "The store is stopping.");
    }
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }
}
