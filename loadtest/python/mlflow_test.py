"""The mlflow package, unchanged, against the running store."""

import mlflow
import numpy
import pytest
import tritonclient.http as triton_http

ALIAS = "models:/digits@champion"


@pytest.fixture(scope="module", autouse=True)
def tracking(store_url):
    mlflow.set_tracking_uri(store_url)


@pytest.fixture(scope="module")
def client():
    return mlflow.MlflowClient()


@pytest.fixture(scope="module")
def served(http_address, pictures):
    image = triton_http.InferInput("image", [16, 1, 28, 28], "FP32")
    image.set_data_from_numpy(pictures[:16])
    return triton_http.InferenceServerClient(url=http_address).infer("digits", [image]).as_numpy("probabilities")


def test_the_champion_predicts_what_is_served(pictures, served):
    predicted = mlflow.pyfunc.load_model(ALIAS).predict({"image": pictures[:16]})
    assert numpy.allclose(predicted["probabilities"], served, atol=1e-5)


def test_the_champion_is_a_valid_onnx_model(pictures, served):
    import onnx
    import onnxruntime
    model = mlflow.onnx.load_model(ALIAS)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    assert numpy.allclose(session.run(None, {"image": pictures[:16]})[0], served, atol=1e-5)


def test_the_package_says_what_it_takes():
    info = mlflow.models.get_model_info(ALIAS)
    assert [(spec.name, tuple(spec.shape)) for spec in info.signature.inputs] == [("image", (-1, 1, 28, 28))]
    assert {"onnx", "python_function"} <= set(info.flavors)


def test_the_input_example_can_be_predicted():
    model = mlflow.pyfunc.load_model(ALIAS)
    assert model.predict(model.input_example)["probabilities"].shape[1] == 10


def test_the_run_holds_the_accuracy_of_each_epoch(client):
    version = client.get_model_version_by_alias("digits", "champion")
    history = client.get_metric_history(version.run_id, "heldout_accuracy")
    assert len(history) >= 2
    assert history[-1].value >= 0.988
    assert client.get_run(version.run_id).info.status == "FINISHED"


def test_the_version_says_why_it_was_promoted(client):
    version = client.get_model_version_by_alias("digits", "champion")
    assert version.tags["millrace.verdict"] == "promoted"
    assert version.tags["millrace.reason"]
    assert len(version.tags["millrace.sha256"]) == 64


def test_models_and_versions_are_found(client):
    assert "digits" in [model.name for model in client.search_registered_models()]
    versions = client.search_model_versions("name='digits'")
    assert client.get_model_version_by_alias("digits", "champion").version in [one.version for one in versions]


def test_runs_are_found_by_what_they_logged():
    runs = mlflow.search_runs(experiment_names=["digits"], filter_string="metrics.heldout_accuracy > 0.9",
                              order_by=["metrics.heldout_accuracy DESC"])
    assert len(runs) >= 1
    assert runs["metrics.heldout_accuracy"].is_monotonic_decreasing


def test_a_run_of_ones_own_can_be_logged(client, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("any MLflow client can use the store")
    mlflow.set_experiment("clients")
    with mlflow.start_run(run_name="by hand") as run:
        mlflow.log_params({"depth": 3, "kind": "tree"})
        for step in range(3):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.set_tag("author", "test")
        mlflow.log_artifact(str(note), "notes")
    seen = client.get_run(run.info.run_id)
    assert seen.data.params == {"depth": "3", "kind": "tree"}
    assert seen.data.tags["author"] == "test"
    assert [point.value for point in client.get_metric_history(run.info.run_id, "loss")] == [1.0, 0.5, 1.0 / 3]
    downloaded = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="notes/note.txt",
                                                     dst_path=str(tmp_path / "back"))
    assert open(downloaded).read() == note.read_text()


def test_an_unknown_model_is_a_mistake_mlflow_understands(client):
    with pytest.raises(mlflow.MlflowException) as caught:
        client.get_registered_model("nobody")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
