"""Clients of TensorFlow Serving: `requests` over REST, and stubs of its proto files over gRPC."""

import base64
import pathlib
import subprocess
import sys

import grpc
import numpy
import pytest
import requests

from models import NO_JSON, SAMPLES, identity

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "protocol/src/main/proto"
ROWS = [[1, 2, 3, 4], [0, 0, 0, 1]]


def ask(served, path, body, status=200, **options):
    answer = requests.post(f"{served.url}/v1/models/{path}", json=body, timeout=30, **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    return answer.json()


def look(served, path, status=200):
    answer = requests.get(f"{served.url}/v1/models{path}", timeout=30)
    assert answer.status_code == status, answer.text
    return answer.json()


PATHS = ["", "/versions/1", "/labels/stable"]


# Conforms: TFS_REST: predict, classify and regress by Python's requests
@pytest.mark.parametrize("path", PATHS)
def test_predicts_rows(served, path):
    assert ask(served, f"pairs{path}:predict", {"instances": ROWS})["predictions"] == [
        {"doubled": [2, 4, 6, 8], "total": [10]}, {"doubled": [0, 0, 0, 2], "total": [1]}]
    named = [{"INPUT0": list(range(16)), "INPUT1": [1] * 16}]
    assert ask(served, f"simple{path}:predict", {"instances": named})["predictions"] == [
        {"OUTPUT0": [one + 1 for one in range(16)], "OUTPUT1": [one - 1 for one in range(16)]}]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("inputs", [ROWS, {"x": ROWS}], ids=["bare", "named"])
def test_predicts_columns(served, path, inputs):
    body = {"signature_name": "serving_default", "inputs": inputs}
    assert ask(served, f"pairs{path}:predict", body)["outputs"] == {"doubled": [[2, 4, 6, 8], [0, 0, 0, 2]], "total": [[10], [1]]}


@pytest.mark.parametrize("path", PATHS)
def test_classifies(served, path):
    body = {"examples": [{"scores": [0.25, 0.5, 1]}, {"scores": [3, 2, 1]}]}
    assert ask(served, f"animals{path}:classify", body)["results"] == [
        [["cat", 0.25], ["dog", 0.5], ["owl", 1]], [["cat", 3], ["dog", 2], ["owl", 1]]]


@pytest.mark.parametrize("path", PATHS)
def test_regresses(served, path):
    assert ask(served, f"mean{path}:regress", {"examples": [{"x": [4, 4, 4, 4]}, {"x": [1, 2, 3, 6]}]})["results"] == [4, 3]
    assert ask(served, f"mean{path}:regress", {"context": {"x": [1, 2, 3, 6]}, "examples": [{}, {}]})["results"] == [3, 3]


@pytest.mark.parametrize("form", ["instances", "inputs"])
@pytest.mark.parametrize("datatype", [one for one in SAMPLES if one not in NO_JSON])
def test_carries_every_type(served, datatype, form):
    sent = SAMPLES[datatype]
    values = [[{"b64": base64.b64encode(one).decode()} for one in row] for row in sent] if datatype == "BYTES" else sent.tolist()
    got = ask(served, f"{identity(datatype)}:predict", {form: values})["predictions" if form == "instances" else "outputs"]
    if datatype == "BYTES":
        assert [[one.encode() for one in row] for row in got] == sent.tolist()
    else:
        assert numpy.array(got, sent.dtype).tobytes() == sent.tobytes()


def test_bytes_that_are_not_text_come_back_in_base64(served):
    value = {"b64": base64.b64encode(b"\xff\x00").decode()}
    assert ask(served, "identity_bytes:predict", {"instances": [[value]]})["predictions"] == [[value]]


def test_status_metadata_and_list(served):
    state = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for path in PATHS:
        assert look(served, f"/pairs{path}")["model_version_status"] == [state]
        metadata = look(served, f"/pairs{path}/metadata")
        signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
        assert metadata["model_spec"]["version"] == "1"
        assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
        assert set(signature["outputs"]) == {"doubled", "total"}
    assert {"pairs", "simple", "mean"} <= set(look(served, "")["models"])
    for path in ("/nobody", "/nobody/metadata", "/pairs/versions/7", "/pairs/labels/canary"):
        assert look(served, path, 404)["error"]


@pytest.mark.parametrize("path, body, status", [
    ("pairs:predict", {}, 400), ("pairs:predict", {"instances": []}, 400), ("pairs:predict", {"instances": [[1, 2, 3]]}, 400),
    ("pairs:predict", {"instances": ROWS, "inputs": ROWS}, 400), ("pairs:predict", {"instances": [["a"] * 4]}, 400),
    ("pairs:predict", {"inputs": {"z": ROWS}}, 400), ("pairs:predict", {"signature_name": "other", "instances": ROWS}, 400),
    ("pairs:classify", {"examples": []}, 400), ("animals:regress", {"examples": [{"scores": [1, 2, 3]}]}, 400),
    ("identity_uint8:predict", {"instances": [[256]]}, 400), ("identity_bytes:predict", {"instances": [[{"b64": "*"}]]}, 400),
    ("nobody:predict", {"instances": ROWS}, 404), ("pairs/versions/7:predict", {"instances": ROWS}, 404),
    ("pairs/versions/x:predict", {"instances": ROWS}, 400), ("pairs/labels/canary:predict", {"instances": ROWS}, 404),
])
def test_bad_requests_get_a_text(served, path, body, status):
    assert ask(served, path, body, status)["error"]


@pytest.fixture(scope="module")
def stubs(tmp_path_factory, served):
    """The modules that grpcio-tools makes of the proto files, and a channel."""
    out = tmp_path_factory.mktemp("stubs")
    files = sorted(str(one.relative_to(PROTOS)) for folder in ("tensorflow", "tensorflow_serving") for one in (PROTOS / folder).rglob("*.proto"))
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"--python_out={out}", f"--grpc_python_out={out}", *files],
                   check=True, timeout=60)
    sys.path.insert(0, str(out))
    try:
        from tensorflow.core.framework import tensor_pb2, types_pb2
        from tensorflow_serving.apis import (classification_pb2, get_model_metadata_pb2, get_model_status_pb2, model_service_pb2_grpc,
                                             predict_pb2, prediction_service_pb2_grpc)
    finally:
        sys.path.remove(str(out))
    with grpc.insecure_channel(served.grpc) as channel:
        class Stubs:
            tensors, types, messages = tensor_pb2, types_pb2, predict_pb2
            metadata, status, classification = get_model_metadata_pb2, get_model_status_pb2, classification_pb2
            prediction = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            models = model_service_pb2_grpc.ModelServiceStub(channel)
        yield Stubs


# The name of each type, and the list that TensorFlow has for it; halves are lists of their bits.
KINDS = {"BOOL": ("BOOL", "bool_val"), "INT64": ("INT64", "int64_val"), "UINT32": ("UINT32", "uint32_val"), "UINT64": ("UINT64", "uint64_val"),
         "FP16": ("HALF", "half_val"), "BF16": ("BFLOAT16", "half_val"), "FP32": ("FLOAT", "float_val"), "FP64": ("DOUBLE", "double_val"),
         "BYTES": ("STRING", "string_val"), **{one: (one, "int_val") for one in ("INT8", "INT16", "INT32", "UINT8", "UINT16")}}


def tensor_of(stubs, datatype, array, in_bytes):
    name, field = KINDS[datatype]
    tensor = stubs.tensors.TensorProto(dtype=getattr(stubs.types, f"DT_{name}"))
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if in_bytes:
        tensor.tensor_content = array.tobytes()
    else:
        getattr(tensor, field).extend(elements(datatype, array))
    return tensor


def elements(datatype, array):
    return (array.view(numpy.uint16) if datatype in NO_JSON else array).reshape(-1).tolist()


def predict(stubs, model, tensors, timeout=30, **options):
    request = stubs.messages.PredictRequest(**options)
    request.model_spec.name = model
    for name, tensor in tensors.items():
        request.inputs[name].CopyFrom(tensor)
    return stubs.prediction.Predict(request, timeout=timeout)


# Conforms: TFS_GRPC: Predict of every datatype by stubs of grpcio-tools
@pytest.mark.parametrize("datatype, in_bytes", [
    (datatype, in_bytes) for datatype in SAMPLES for in_bytes in (True, False) if datatype != "BYTES" or not in_bytes])
def test_carries_every_type_over_grpc(stubs, datatype, in_bytes):
    sent = SAMPLES[datatype]
    answer = predict(stubs, identity(datatype), {"x": tensor_of(stubs, datatype, sent, in_bytes)})
    output = answer.outputs["y"]
    name, field = KINDS[datatype]
    assert output.dtype == getattr(stubs.types, f"DT_{name}")
    assert [one.size for one in output.tensor_shape.dim] == list(sent.shape)
    if datatype in ("FP32", "FP64"):
        assert numpy.array(getattr(output, field), sent.dtype).tobytes() == sent.tobytes()
    else:
        assert list(getattr(output, field)) == elements(datatype, sent)
    assert (answer.model_spec.name, answer.model_spec.version.value) == (identity(datatype), 1)


# Conforms: TFS_GRPC: GetModelMetadata and GetModelStatus by stubs of grpcio-tools
def test_metadata_and_status_over_grpc(stubs):
    request = stubs.metadata.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "pairs"
    answer = stubs.prediction.GetModelMetadata(request, timeout=30)
    signatures = stubs.metadata.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    assert set(signatures.signature_def["serving_default"].outputs) == {"doubled", "total"}
    asked = stubs.status.GetModelStatusRequest()
    asked.model_spec.name = "pairs"
    (state,) = stubs.models.GetModelStatus(asked, timeout=30).model_version_status
    assert (state.version, state.state) == (1, stubs.status.ModelVersionStatus.AVAILABLE)


def test_chosen_outputs_over_grpc(stubs):
    rows = numpy.array(ROWS, numpy.float32)
    answer = predict(stubs, "pairs", {"x": tensor_of(stubs, "FP32", rows, True)}, output_filter=["total"])
    assert list(answer.outputs) == ["total"] and list(answer.outputs["total"].float_val) == [10, 1]


@pytest.mark.parametrize("model, name, shape, code", [
    ("nobody", "x", (1, 4), "NOT_FOUND"), ("pairs", "z", (1, 4), "INVALID_ARGUMENT"), ("pairs", "x", (1, 3), "INVALID_ARGUMENT")])
def test_bad_requests_over_grpc(stubs, model, name, shape, code):
    with pytest.raises(grpc.RpcError) as caught:
        predict(stubs, model, {name: tensor_of(stubs, "FP32", numpy.zeros(shape, numpy.float32), True)})
    assert caught.value.code().name == code and caught.value.details()


def test_what_takes_rows_of_examples_is_not_served_over_grpc(stubs):
    with pytest.raises(grpc.RpcError) as caught:
        stubs.prediction.Classify(stubs.classification.ClassificationRequest(), timeout=30)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED and caught.value.details()
