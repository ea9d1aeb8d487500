"""Clients of MLflow's scoring server, SageMaker's requests, and CloudEvents."""

import gzip
import json

import numpy
import pandas
import pytest
import requests
from cloudevents.http import CloudEvent, from_http, to_binary, to_structured
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

ROWS = [[1, 2, 3, 4], [0, 0, 0, 1]]
PREDICTIONS = [{"doubled": [2, 4, 6, 8], "total": [10]}, {"doubled": [0, 0, 0, 2], "total": [1]}]
COLUMNS = {"doubled": [[2, 4, 6, 8], [0, 0, 0, 2]], "total": [[10], [1]]}


@pytest.fixture(scope="module")
def mlflow_client(served):
    host, port = served.http.split(":")
    return ScoringServerClient(host=host, port=int(port))


# Conforms: MLFLOW: ping and version by PyPI mlflow's scoring client
def test_mlflow_finds_the_server_ready(mlflow_client):
    mlflow_client.ping()
    mlflow_client.wait_server_ready(timeout=30)
    assert mlflow_client.get_version().strip()


# Conforms: MLFLOW: PyPI mlflow's scoring client
@pytest.mark.parametrize("data, expected", [
    (pandas.DataFrame(ROWS, columns=list("abcd"), dtype="float32"), PREDICTIONS),
    (pandas.DataFrame({"x": ROWS}), PREDICTIONS),
    (numpy.array(ROWS, numpy.float32), COLUMNS),
    (ROWS, COLUMNS),
    (json.dumps({"inputs": {"x": ROWS}}), COLUMNS),
    (json.dumps({"instances": ROWS}), COLUMNS),
    (json.dumps({"dataframe_records": [dict(zip("abcd", row)) for row in ROWS]}), PREDICTIONS),
], ids=["table", "nested", "array", "list", "inputs", "instances", "records"])
def test_mlflow_invokes(mlflow_client, data, expected):
    assert mlflow_client.invoke(data)["predictions"] == expected


def test_mlflow_reads_the_predictions(mlflow_client):
    answer = mlflow_client.invoke(pandas.DataFrame(ROWS, columns=list("abcd"), dtype="float32"), params={"ignored": 1})
    table = answer.get_predictions()
    assert list(table.columns) == ["doubled", "total"] and len(table) == 2


def test_mlflow_is_told_what_was_wrong(mlflow_client):
    with pytest.raises(Exception, match="error code 400.*error_code"):
        mlflow_client.invoke(pandas.DataFrame([[1, 2, 3]], columns=list("abc"), dtype="float32"))


@pytest.fixture(scope="module")
def invoke(served):
    def ask(body, status=200, path="/invocations", **headers):
        headers = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        answer = requests.post(served.url + path, data=data, headers=headers, timeout=30)
        assert answer.status_code == status, answer.text
        return answer
    return ask


def test_a_table_as_csv(invoke):
    text = pandas.DataFrame(ROWS, columns=list("abcd")).to_csv(index=False)
    assert invoke(text, Content_Type="text/csv").json()["predictions"] == PREDICTIONS


def test_a_compressed_body(invoke):
    packed = gzip.compress(json.dumps({"instances": ROWS}).encode())
    assert invoke(packed, Content_Encoding="gzip").json()["predictions"] == COLUMNS


@pytest.mark.parametrize("body, status, content_type", [
    ({"instances": ROWS, "inputs": ROWS}, 400, "application/json"), ({}, 400, "application/json"), ("{", 400, "application/json"),
    ([1], 400, "application/json"), ("a\n\"", 400, "text/csv"), ("x", 415, "text/plain"), ("{}", 415, "application/json; charset=utf-16"),
])
def test_bad_bodies_get_the_error_of_mlflow(invoke, body, status, content_type):
    answer = invoke(body, status, Content_Type=content_type).json()
    assert answer["error_code"] and answer["message"] == answer["error"]


# Conforms: SAGEMAKER: ping, invocations and multi-model by Python's requests
def test_a_container_of_sagemaker(served, invoke):
    assert requests.get(f"{served.url}/ping", timeout=2).status_code == 200
    answer = invoke({"instances": ROWS}, X_Amzn_SageMaker_Custom_Attributes="trace=1", Accept="application/json")
    assert answer.json()["predictions"] == COLUMNS
    assert answer.headers["X-Amzn-SageMaker-Custom-Attributes"] == "trace=1"
    for target in ("mean", "mean.tar.gz", "/mean"):
        assert invoke({"instances": ROWS}, X_Amzn_SageMaker_Target_Model=target).json()["predictions"] == [[2.5], [0.25]]
    invoke({"instances": ROWS}, 404, X_Amzn_SageMaker_Target_Model="nobody")
    assert invoke({"instances": ROWS}, path="/models/mean/invoke").json()["predictions"] == [[2.5], [0.25]]


def test_models_come_and_go_with_sagemaker(served, invoke):
    def described():
        return requests.get(f"{served.url}/models/spare", timeout=30)

    def unload():
        return requests.delete(f"{served.url}/models/spare", timeout=60).status_code
    assert described().status_code == 404 and unload() == 404
    invoke({"model_name": "spare", "url": "../elsewhere"}, 400, path="/models")
    assert invoke({"model_name": "spare", "url": "spare"}, path="/models")
    try:
        invoke({"model_name": "spare", "url": "spare"}, 409, path="/models")
        assert described().json()["modelName"] == "spare"
        assert "spare" in [one["modelName"] for one in requests.get(f"{served.url}/models", timeout=30).json()["models"]]
        assert invoke({"instances": ROWS}, path="/models/spare/invoke").json()["predictions"] == ROWS
    finally:
        assert unload() == 200
    assert described().status_code == 404
    assert requests.post(f"{served.url}/models/spare/invoke", json={"instances": ROWS}, timeout=30).status_code in (404, 503)


def test_a_store_loads_no_models_for_sagemaker(http_address):
    answer = requests.post(f"http://{http_address}/models", json={"model_name": "other", "url": "other"}, timeout=30)
    assert answer.status_code == 501 and answer.json()["error"]
    assert requests.delete(f"http://{http_address}/models/digits", timeout=30).status_code == 501
    assert requests.get(f"http://{http_address}/models/digits", timeout=30).json()["modelName"] == "digits"


QUESTION = {"inputs": [{"name": "x", "shape": [2, 4], "datatype": "FP32", "data": ROWS}]}
EVENT = {"source": "/tests", "type": "org.kubeflow.serving.inference.request", "id": "event-1"}


# Conforms: CLOUD_EVENTS: both modes by PyPI cloudevents
@pytest.mark.parametrize("mode", [to_binary, to_structured])
def test_events_of_the_cloudevents_package(served, mode):
    headers, body = mode(CloudEvent(EVENT, QUESTION))
    headers.setdefault("Content-Type", headers.pop("content-type", "application/json"))
    answer = requests.post(f"{served.url}/v2/models/pairs/infer", data=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    event = from_http(answer.headers, answer.content)
    assert (event["type"], event["source"]) == ("org.kubeflow.serving.inference.response", "io.kserve.inference.pairs")
    assert event["id"] and event["id"] != EVENT["id"]
    outputs = {one["name"]: one["data"] for one in event.data["outputs"]}
    assert outputs == {"doubled": [2, 4, 6, 8, 0, 0, 0, 2], "total": [10, 1]}


@pytest.mark.parametrize("mode", [to_binary, to_structured])
def test_a_failure_is_no_event(served, mode):
    headers, body = mode(CloudEvent(EVENT, {"inputs": []}))
    answer = requests.post(f"{served.url}/v2/models/pairs/infer", data=body, headers=headers, timeout=30)
    assert answer.status_code == 400 and answer.json()["error"]
