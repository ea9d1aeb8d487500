package dev.millrace.serving.conformance;

/** The protocols, in the order of the page. */
public enum Protocol {
  OIP_REST("Open Inference Protocol v2, REST"),
  OIP_GRPC("Open Inference Protocol v2, gRPC"),
  TRITON("Triton's extensions"),
  TRITON_CONFIG("Triton's config.pbtxt"),
  TFS_REST("TensorFlow Serving, REST"),
  TFS_GRPC("TensorFlow Serving, gRPC"),
  KSERVE_V1("KServe v1"),
  MLFLOW("MLflow scoring"),
  SAGEMAKER("SageMaker"),
  CLOUD_EVENTS("CloudEvents"),
  OPEN_API("OpenAPI");

  private final String title;

  Protocol(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
