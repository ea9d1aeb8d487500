package dev.millrace.store.removal;

import dev.millrace.store.artifact.Usage;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Removes what was claimed: what is in it, its rows in small writes that let others in between,
 * then its files, and the claim last. Every step may be done again.
 */
@Component
final class ClaimedRemoval {
  private static final Logger log = LoggerFactory.getLogger(ClaimedRemoval.class);
  private static final int BATCH = 100;
  private static final int PAGE = 1_000;

  private final Database database;
  private final JdbcRemovals rows;
  private final JdbcOwnedRows ownedRows;
  private final OwnedFiles files;

  ClaimedRemoval(Database database, JdbcRemovals rows, JdbcOwnedRows ownedRows, OwnedFiles files) {
    this.database = database;
    this.rows = rows;
    this.ownedRows = ownedRows;
    this.files = files;
  }

  /** Does all that is left to do. Files that cannot be deleted now are told, and tried again. */
  void finish(Claim claim, Tally tally) {
    if (claim.kind() == Kind.EXPERIMENT) {
      finishAll(Kind.RUN, claim, tally);
      finishAll(Kind.LOGGED_MODEL, claim, tally);
    }
    while (database.write(() -> ownedRows.deleteSome(claim))) {
      // Between two of them, others write.
    }
    try {
      var usage = files.delete(claim);
      database.write(() -> rows.done(claim));
      tally.add(claim.kind(), claim.id(), usage);
    } catch (IOException | StoreException e) {
      log.warn("Files could not be deleted: kind={} id={}", claim.kind(), claim.id(), e);
      tally.skip(
          claim.kind(),
          claim.id(),
          "its files could not be deleted (%s); the next collection tries again".formatted(e));
    }
  }

  /** Counts what would be removed. */
  void count(Claim claim, Tally tally) {
    var usage = usage(claim);
    tally.add(claim.kind(), claim.id(), usage);
    if (claim.kind() == Kind.EXPERIMENT) {
      for (Kind kind : List.of(Kind.RUN, Kind.LOGGED_MODEL)) {
        if (usage.files() > 0) {
          // In a folder of the experiment's own their files are counted already.
          tally.addAll(kind, database.read(() -> rows.countIn(kind, claim.id())));
        } else {
          countIn(kind, claim, tally);
        }
      }
    }
  }

  /** Looks at files between the reads, since a walk through many of them takes long. */
  private void countIn(Kind kind, Claim experiment, Tally tally) {
    var page = page(kind, experiment, kind.firstId());
    while (!page.isEmpty()) {
      for (Candidate inside : page) {
        tally.add(kind, inside.id(), usage(inside.claim()));
      }
      page = page(kind, experiment, page.getLast().id());
    }
  }

  private List<Candidate> page(Kind kind, Claim experiment, String after) {
    return database.read(() -> rows.inAfter(kind, experiment.id(), after, PAGE));
  }

  private void finishAll(Kind kind, Claim experiment, Tally tally) {
    var claims = database.write(() -> rows.claimIn(kind, experiment.id(), BATCH));
    while (!claims.isEmpty()) {
      claims.forEach(claim -> finish(claim, tally));
      claims = database.write(() -> rows.claimIn(kind, experiment.id(), BATCH));
    }
  }

  private Usage usage(Claim claim) {
    try {
      return files.usage(claim);
    } catch (IOException e) {
      log.warn("Files could not be counted: kind={} id={}", claim.kind(), claim.id(), e);
      return Usage.NONE;
    }
  }
}
