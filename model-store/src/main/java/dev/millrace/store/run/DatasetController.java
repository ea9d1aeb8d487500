package dev.millrace.store.run;

import dev.millrace.store.database.Database;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.experiment.Experiments;
import dev.millrace.store.failure.StoreException;
import java.util.List;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's route for the data sets that the runs of experiments read. */
@MlflowApi
@RequestMapping("/2.0/mlflow/experiments")
final class DatasetController {
  private static final int MOST_EXPERIMENTS = 20;

  /** The answer. */
  record Summaries(List<DatasetSummary> datasetSummaries) {}

  private final Database database;
  private final JdbcInputs inputs;

  DatasetController(Database database, JdbcInputs inputs) {
    this.database = database;
    this.inputs = inputs;
  }

  @PostMapping("/search-datasets")
  Summaries search(Parameters p) {
    var ids = p.texts("experiment_ids");
    if (ids.isEmpty()) {
      throw StoreException.invalid(
          "SearchDatasets request must specify at least one experiment_id.");
    }
    if (ids.size() > MOST_EXPERIMENTS) {
      throw StoreException.invalid(
          "SearchDatasets request cannot specify more than %s experiment_ids. Received %s experiment_ids."
              .formatted(MOST_EXPERIMENTS, ids.size()));
    }
    var numbers = Experiments.numbers(ids);
    return new Summaries(
        numbers.isEmpty() ? List.of() : database.read(() -> inputs.summaries(numbers)));
  }
}
