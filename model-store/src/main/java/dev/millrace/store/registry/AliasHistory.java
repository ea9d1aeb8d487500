package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.AliasMove;
import dev.millrace.store.database.Database;
import dev.millrace.store.search.Page;
import org.springframework.stereotype.Service;

/** Where the aliases of a model pointed, also of one that is deleted. */
@Service
final class AliasHistory {
  private final Database database;
  private final JdbcAliasMoves moves;
  private final Models models;

  AliasHistory(Database database, JdbcAliasMoves moves, Models models) {
    this.database = database;
    this.moves = moves;
    this.models = models;
  }

  /** The newest first; of all its aliases when none is named. */
  Page<AliasMove> of(String name, String alias, Page.Request request) {
    return database.read(
        () -> {
          var page = moves.history(name, alias, request);
          if (page.items().isEmpty()) {
            models.get(name);
          }
          return page;
        });
  }
}
