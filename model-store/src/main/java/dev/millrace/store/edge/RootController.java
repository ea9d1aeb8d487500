package dev.millrace.store.edge;

import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What the server is, how it is, and which parts of MLflow it has. */
@RestController
final class RootController {
  /** The release of MLflow whose interface this is; clients ask for it. */
  private static final String MLFLOW_VERSION = "3.17.2";

  /** What clients look up before they upload. */
  record ServerInfo(
      String storeType,
      boolean workspacesEnabled,
      boolean traceArchivalEnabled,
      boolean multipartUploadsEnabled,
      boolean multipartDownloadsEnabled,
      boolean presignedUploadRunIdSupported,
      boolean presignedUploadModelIdSupported,
      Map<String, Boolean> featuresEnabled) {}

  @GetMapping(value = "/", produces = MediaType.TEXT_PLAIN_VALUE)
  String about() {
    return """
        This is model-store, a part of Millrace: experiments, runs, registered models and their files,
        behind the REST interface of MLflow %s.

        Point any mlflow client here:
          export MLFLOW_TRACKING_URI=http://HOST:PORT     (and MLFLOW_TRACKING_TOKEN if the store has a token)
          mlflow.set_tracking_uri("http://HOST:PORT")

        Try it:
          GET /api/2.0/mlflow/registered-models/search
          GET /api/2.0/mlflow/experiments/search?max_results=10
          GET /health, /version

        It has: experiments, runs, metrics, params, tags, inputs and outputs, logged models, registered models,
        versions, aliases with history and watch, stages, searches, webhooks, proxied artifacts. It has not: traces,
        users, a web page.
        """
        .formatted(MLFLOW_VERSION);
  }

  @GetMapping(value = "/health", produces = MediaType.TEXT_PLAIN_VALUE)
  String health() {
    return "OK";
  }

  @GetMapping(value = "/version", produces = MediaType.TEXT_PLAIN_VALUE)
  String version() {
    return MLFLOW_VERSION;
  }

  @GetMapping({"/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info"})
  ServerInfo serverInfo() {
    // No multipart downloads: clients would ask for a link before each file, however small.
    return new ServerInfo(
        "SqlStore", false, false, true, false, true, true, Map.of("gateway", false));
  }
}
