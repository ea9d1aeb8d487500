"""Clients of TensorFlow Serving, KServe's first protocol, MLflow's scoring server and SageMaker."""

import numpy
import pandas
import pytest
import requests


@pytest.fixture(scope="module")
def base(http_address):
    return f"http://{http_address}"


@pytest.fixture(scope="module")
def rows(pictures):
    return pictures[:5].tolist()


@pytest.fixture(scope="module")
def expected(base, rows):
    """What the service's own protocol answers."""
    data = numpy.array(rows, numpy.float32)
    tensor = {"name": "image", "datatype": "FP32", "shape": list(data.shape), "data": data.reshape(-1).tolist()}
    answer = requests.post(f"{base}/v2/models/digits/infer", json={"inputs": [tensor]}, timeout=30)
    return numpy.array(answer.json()["outputs"][0]["data"]).reshape(5, 10)


def ask(url, body, status=200, **options):
    answer = requests.post(url, json=body, timeout=30, **options)
    assert answer.status_code == status, answer.text
    return answer.json()


def same(values, expected):
    return numpy.allclose(numpy.array(values), expected, atol=1e-5)


# Conforms: TFS_REST: predict in rows
@pytest.mark.parametrize("path", ["", "/labels/stable", "/labels/champion"])
def test_rows_as_tensorflow_serving_and_kserve_send_them(base, rows, expected, path):
    assert same(ask(f"{base}/v1/models/digits{path}:predict", {"instances": rows})["predictions"], expected)


def test_rows_with_the_name_of_the_input(base, rows, expected):
    body = {"signature_name": "serving_default", "instances": [{"image": row} for row in rows]}
    assert same(ask(f"{base}/v1/models/digits:predict", body)["predictions"], expected)


# Conforms: TFS_REST: predict in columns
@pytest.mark.parametrize("form", [lambda rows: rows, lambda rows: {"image": rows}])
def test_columns_as_tensorflow_serving_sends_them(base, rows, expected, form):
    assert same(ask(f"{base}/v1/models/digits:predict", {"inputs": form(rows)})["outputs"], expected)


def test_a_named_version(base, rows, expected):
    states = requests.get(f"{base}/v1/models/digits", timeout=30).json()["model_version_status"]
    live = next(one for one in states if one["state"] == "AVAILABLE")
    assert live["status"] == {"error_code": "OK", "error_message": ""}
    url = f"{base}/v1/models/digits/versions/{live['version']}"
    assert same(ask(f"{url}:predict", {"instances": rows})["predictions"], expected)
    assert requests.get(url, timeout=30).json()["model_version_status"] == [live]


def test_the_signature(base):
    metadata = requests.get(f"{base}/v1/models/digits/metadata", timeout=30).json()
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert metadata["model_spec"]["name"] == "digits"
    assert signature["inputs"]["image"]["dtype"] == "DT_FLOAT"
    assert [size["size"] for size in signature["inputs"]["image"]["tensor_shape"]["dim"]] == ["-1", "1", "28", "28"]


def test_classes_with_their_labels(base, rows, expected):
    examples = [{"image": numpy.array(row).reshape(-1).tolist()} for row in rows]
    answer = ask(f"{base}/v1/models/digits:classify", {"examples": examples})
    assert answer["result"] == answer["results"]
    assert [label for label, _ in answer["result"][0]] == [str(digit) for digit in range(10)]
    assert same([[score for _, score in one] for one in answer["result"]], expected)


# Conforms: KSERVE_V1: readiness of a model, and the list of models
def test_kserve_lists_models(base):
    assert "digits" in requests.get(f"{base}/v1/models", timeout=30).json()["models"]
    model = requests.get(f"{base}/v1/models/digits", timeout=30).json()
    assert (model["name"], model["ready"]) == ("digits", True)
    assert "explain" in ask(f"{base}/v1/models/digits:explain", {"instances": []}, 501)["error"]


@pytest.mark.parametrize("body", [{}, {"instances": []}, {"instances": [[1], [1, 2]]}, {"instances": "x"},
                                  {"signature_name": "other", "instances": [1]}])
def test_bad_requests_get_a_text(base, body):
    assert ask(f"{base}/v1/models/digits:predict", body, 400)["error"]


def test_unknown_models_versions_and_labels_are_not_found(base, rows):
    for path in ["nobody", "digits/versions/999999", "digits/labels/nobody"]:
        assert ask(f"{base}/v1/models/{path}:predict", {"instances": rows}, 404)["error"]


@pytest.mark.parametrize("body", [
    lambda rows: {"instances": rows},
    lambda rows: {"inputs": rows},
    lambda rows: {"inputs": {"image": rows}, "params": {}},
    lambda rows: {"dataframe_split": pandas.DataFrame({"image": rows}).to_dict(orient="split")},
    lambda rows: {"dataframe_records": pandas.DataFrame({"image": rows}).to_dict(orient="records")},
])
# Conforms: MLFLOW: dataframe_split, dataframe_records, instances, inputs and CSV
def test_the_forms_of_mlflow(base, rows, expected, body):
    assert same(ask(f"{base}/invocations", body(rows))["predictions"], expected)


# Conforms: MLFLOW: PyPI mlflow's scoring client
def test_the_client_of_mlflow(base, rows, expected):
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient
    port = int(base.rsplit(":", 1)[1])
    client = ScoringServerClient(host="127.0.0.1", port=port)
    client.wait_server_ready(timeout=30)
    answer = client.invoke(pandas.DataFrame({"image": rows}))
    assert same(answer.get_predictions(predictions_format="ndarray"), expected)


def test_other_content_types_are_not_taken(base):
    for content_type in ["text/plain", "application/json; charset=latin-1"]:
        answer = requests.post(f"{base}/invocations", data="{}", headers={"Content-Type": content_type}, timeout=30)
        assert answer.status_code == 415


# Conforms: SAGEMAKER: invocations, with target model and custom attributes
def test_a_container_of_sagemaker(base, rows, expected):
    assert requests.get(f"{base}/ping", timeout=30).status_code == 200
    headers = {"X-Amzn-SageMaker-Target-Model": "digits.tar.gz", "X-Amzn-SageMaker-Custom-Attributes": "trace=1"}
    answer = requests.post(f"{base}/invocations", json={"instances": rows}, headers=headers, timeout=30)
    assert same(answer.json()["predictions"], expected)
    assert answer.headers["X-Amzn-SageMaker-Custom-Attributes"] == "trace=1"
    assert same(ask(f"{base}/models/digits/invoke", {"instances": rows})["predictions"], expected)
    assert ask(f"{base}/models/nobody/invoke", {"instances": rows}, 404)
    assert "digits" in [one["modelName"] for one in requests.get(f"{base}/models", timeout=30).json()["models"]]


def test_compressed_bodies(base, rows, expected):
    import gzip
    import json
    body = gzip.compress(json.dumps({"instances": rows}).encode())
    answer = requests.post(f"{base}/v1/models/digits:predict", data=body, headers={"Content-Encoding": "gzip"}, timeout=30)
    assert same(answer.json()["predictions"], expected)
