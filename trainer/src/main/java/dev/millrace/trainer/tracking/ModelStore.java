package dev.millrace.trainer.tracking;

import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.Tag;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The store that runs and models go to. Thread-safe. */
public final class ModelStore {
  private final MlflowClient client;
  private final Patience patience;

  /**
   * A store at an address.
   *
   * @param token sent with each call when not null
   * @param patience how long a store that is away is waited for
   */
  public ModelStore(URI address, @Nullable String token, Duration patience) {
    this.client = new MlflowClient(address, token);
    this.patience = new Patience(patience);
  }

  /** Starts a run in the experiment, which is created when there is none. */
  public RunLog startRun(String experiment, String name, String recipe) {
    var tags = List.of(new Tag("millrace.recipe", recipe));
    var id = patience.call(() -> client.experimentId(experiment));
    var run = patience.call(() -> client.createRun(id, name, tags));
    return new RunLog(client, patience, run);
  }

  /** The registered model of that name, which need not exist yet. */
  public ModelRegistry registry(String model) {
    return new ModelRegistry(client, patience, model);
  }
}
