package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Dataset;
import dev.millrace.protocol.mlflow.DatasetInput;
import dev.millrace.protocol.mlflow.ModelInput;
import dev.millrace.protocol.mlflow.ModelOutput;
import dev.millrace.protocol.mlflow.RunInputs;
import dev.millrace.protocol.mlflow.RunOutputs;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.database.Rows;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Repository;

/** The rows of what runs read and wrote. */
@Repository
final class JdbcInputs {
  private static final int MOST_SUMMARIES = 1_000;

  /** Two ends of an input: what is read, and who reads. */
  private record Edge(String sourceType, String sourceId, String targetType, String targetId) {}

  private final Database database;

  JdbcInputs(Database database) {
    this.database = database;
  }

  void addDataset(String runId, String experimentId, DatasetInput input) {
    var dataset = addDataset(experimentId, input.dataset());
    var inputId = add(new Edge("DATASET", dataset, "RUN", runId), 0);
    input.tags().forEach(tag -> addTag(inputId, tag));
  }

  void addModelInput(String runId, ModelInput model) {
    add(new Edge("RUN_INPUT", runId, "MODEL_INPUT", model.modelId()), 0);
  }

  void addModelOutput(String runId, ModelOutput model) {
    add(new Edge("RUN_OUTPUT", runId, "MODEL_OUTPUT", model.modelId()), model.step());
  }

  /** What each run read; never null for one of the ids. */
  Map<String, RunInputs> inputs(List<String> runIds) {
    var datasets = datasets(runIds);
    var models =
        models("MODEL_INPUT", runIds, (row, _) -> new ModelInput(row.getString("destination_id")));
    var inputs = new HashMap<String, RunInputs>();
    for (String id : runIds) {
      inputs.put(
          id,
          new RunInputs(datasets.getOrDefault(id, List.of()), models.getOrDefault(id, List.of())));
    }
    return inputs;
  }

  /** What each run wrote; never null for one of the ids. */
  Map<String, RunOutputs> outputs(List<String> runIds) {
    var models =
        models(
            "MODEL_OUTPUT",
            runIds,
            (row, _) -> new ModelOutput(row.getString("destination_id"), row.getLong("step")));
    var outputs = new HashMap<String, RunOutputs>();
    for (String id : runIds) {
      outputs.put(id, new RunOutputs(models.getOrDefault(id, List.of())));
    }
    return outputs;
  }

  /** The data sets of experiments, each once for every context in which it was read. */
  List<DatasetSummary> summaries(List<Long> experimentIds) {
    return database
        .jdbc()
        .sql(
            """
            SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value AS context
            FROM datasets d JOIN inputs i ON i.source_type = 'DATASET' AND i.source_id = d.dataset_uuid
            LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
            WHERE d.experiment_id IN (:experiments)
            ORDER BY d.experiment_id, d.name, d.digest, t.value NULLS FIRST LIMIT :most
            """)
        .param("experiments", experimentIds)
        .param("most", MOST_SUMMARIES)
        .query(
            (row, _) ->
                new DatasetSummary(
                    row.getString("experiment_id"),
                    row.getString("name"),
                    row.getString("digest"),
                    row.getString("context")))
        .list();
  }

  private String addDataset(String experimentId, Dataset dataset) {
    return database
        .jdbc()
        .sql(
            """
            INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source,
              dataset_schema, dataset_profile)
            VALUES (:id, :experiment, :name, :digest, :type, :source, :schema, :profile)
            ON CONFLICT (experiment_id, name, digest) DO UPDATE SET name = excluded.name
            RETURNING dataset_uuid
            """)
        .param("id", newId())
        .param("experiment", Long.valueOf(experimentId))
        .param("name", dataset.name())
        .param("digest", dataset.digest())
        .param("type", dataset.sourceType())
        .param("source", dataset.source())
        .param("schema", dataset.schema())
        .param("profile", dataset.profile())
        .query(String.class)
        .single();
  }

  private String add(Edge edge, long step) {
    return database
        .jdbc()
        .sql(
            """
            INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step)
            VALUES (:id, :sourceType, :sourceId, :targetType, :targetId, :step)
            ON CONFLICT (source_type, source_id, destination_type, destination_id) DO UPDATE SET step = excluded.step
            RETURNING input_uuid
            """)
        .param("id", newId())
        .param("sourceType", edge.sourceType())
        .param("sourceId", edge.sourceId())
        .param("targetType", edge.targetType())
        .param("targetId", edge.targetId())
        .param("step", step)
        .query(String.class)
        .single();
  }

  private void addTag(String inputId, Tag tag) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO input_tags (input_uuid, name, value) VALUES (:input, :name, :value)
            ON CONFLICT (input_uuid, name) DO UPDATE SET value = excluded.value
            """)
        .param("input", inputId)
        .param("name", tag.key())
        .param("value", tag.value())
        .update();
  }

  private Map<String, List<DatasetInput>> datasets(List<String> runIds) {
    var tags =
        Rows.byOwner(
            database.jdbc(),
            """
            SELECT i.input_uuid AS owner, t.name, t.value
            FROM inputs i JOIN input_tags t ON t.input_uuid = i.input_uuid
            WHERE i.destination_type = 'RUN' AND i.destination_id IN (:ids) AND i.source_type = 'DATASET'
            ORDER BY t.name
            """,
            runIds,
            (row, _) -> new Tag(row.getString("name"), row.getString("value")));
    return Rows.byOwner(
        database.jdbc(),
        """
        SELECT i.destination_id AS owner, i.input_uuid, d.*
        FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
        WHERE i.destination_type = 'RUN' AND i.destination_id IN (:ids) AND i.source_type = 'DATASET'
        ORDER BY d.name, d.digest
        """,
        runIds,
        (row, _) ->
            new DatasetInput(
                tags.getOrDefault(row.getString("input_uuid"), List.of()),
                new Dataset(
                    row.getString("name"),
                    row.getString("digest"),
                    row.getString("dataset_source_type"),
                    row.getString("dataset_source"),
                    row.getString("dataset_schema"),
                    row.getString("dataset_profile"))));
  }

  private <T> Map<String, List<T>> models(String type, List<String> runIds, RowMapper<T> mapper) {
    return Rows.byOwner(
        database.jdbc(),
        """
        SELECT source_id AS owner, destination_id, step FROM inputs
        WHERE source_type = '%s' AND source_id IN (:ids) AND destination_type = '%s'
        ORDER BY step, destination_id
        """
            .formatted(type.replace("MODEL_", "RUN_"), type),
        runIds,
        mapper);
  }

  private static String newId() {
    return UUID.randomUUID().toString().replace("-", "");
  }
}
