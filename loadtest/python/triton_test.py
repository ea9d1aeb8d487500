"""Triton's own Python clients, unchanged, against the running service."""

import queue

import numpy
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from tritonclient.utils import InferenceServerException


class Dialect:
    """One of the two clients; both have the same methods but return different things."""

    def __init__(self, module, address):
        self.module = module
        self.client = module.InferenceServerClient(url=address)

    def infer(self, array, model="digits", name="image", datatype="FP32", **options):
        tensor = self.module.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array)
        return self.client.infer(model, [tensor], **options)

    def probabilities(self, array, **options):
        return self.infer(array, **options).as_numpy("probabilities")


@pytest.fixture(scope="module", params=["http", "grpc"])
def triton(request, http_address, grpc_address):
    module, address = {"http": (triton_http, http_address), "grpc": (triton_grpc, grpc_address)}[request.param]
    dialect = Dialect(module, address)
    yield dialect
    dialect.client.close()


def as_dict(answer):
    """Metadata as HTTP gives it; gRPC's message is asked for its JSON form."""
    return answer if isinstance(answer, dict) else {
        "name": answer.name,
        "versions": list(getattr(answer, "versions", [])),
        "platform": getattr(answer, "platform", ""),
        "extensions": list(getattr(answer, "extensions", [])),
        "inputs": [tensor(one) for one in getattr(answer, "inputs", [])],
        "outputs": [tensor(one) for one in getattr(answer, "outputs", [])],
    }


def tensor(one):
    return {"name": one.name, "datatype": one.datatype, "shape": list(one.shape)}


def test_is_live_and_ready(triton):
    assert triton.client.is_server_live()
    assert triton.client.is_server_ready()
    assert triton.client.is_model_ready("digits")
    assert not triton.client.is_model_ready("nobody")


def test_tells_what_it_is(triton):
    metadata = as_dict(triton.client.get_server_metadata())
    assert "millrace" in metadata["name"].lower()
    assert "binary_tensor_data" in metadata["extensions"]


def test_tells_what_the_model_takes(triton):
    metadata = as_dict(triton.client.get_model_metadata("digits"))
    assert metadata["name"] == "digits"
    assert metadata["versions"]
    assert metadata["platform"] == "onnxruntime_onnx"
    inputs, outputs = metadata["inputs"], metadata["outputs"]
    assert [(i["name"], i["datatype"], [int(d) for d in i["shape"]]) for i in inputs] == [("image", "FP32", [-1, 1, 28, 28])]
    assert [(o["name"], o["datatype"], [int(d) for d in o["shape"]]) for o in outputs] == [("probabilities", "FP32", [-1, 10])]


def test_answers_the_held_out_digits_right(triton, pictures, labels):
    right = sum(
        (triton.probabilities(pictures[start:start + 50]).argmax(axis=1) == labels[start:start + 50]).sum()
        for start in range(0, 1000, 50))
    assert right >= 988


def test_a_named_version_answers_like_the_live_one(triton, pictures):
    version = as_dict(triton.client.get_model_metadata("digits"))["versions"][0]
    named = triton.probabilities(pictures[:3], model_version=version)
    assert numpy.array_equal(named, triton.probabilities(pictures[:3])) or numpy.allclose(
        named, triton.probabilities(pictures[:3]), atol=1e-5)
    assert triton.client.is_model_ready("digits", version)


def test_gives_back_the_id(triton, pictures):
    answer = triton.infer(pictures[:1], request_id="my-request").get_response()
    assert (answer["id"] if isinstance(answer, dict) else answer.id) == "my-request"


def test_json_and_binary_tensors_mean_the_same(http_address, pictures):
    client = triton_http.InferenceServerClient(url=http_address)
    results = []
    for sent_binary in (False, True):
        for wanted_binary in (False, True):
            image = triton_http.InferInput("image", [5, 1, 28, 28], "FP32")
            image.set_data_from_numpy(pictures[:5], binary_data=sent_binary)
            output = triton_http.InferRequestedOutput("probabilities", binary_data=wanted_binary)
            results.append(client.infer("digits", [image], outputs=[output]).as_numpy("probabilities"))
    for result in results[1:]:
        assert numpy.allclose(result, results[0], atol=1e-6)


def test_both_protocols_answer_the_same(http_address, grpc_address, pictures):
    over_http = Dialect(triton_http, http_address).probabilities(pictures[:8])
    over_grpc = Dialect(triton_grpc, grpc_address).probabilities(pictures[:8])
    assert numpy.allclose(over_http, over_grpc, atol=1e-6)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compresses(triton, pictures, algorithm):
    options = {"compression_algorithm": algorithm} if triton.module is triton_grpc else {
        "request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
    assert numpy.allclose(
        triton.probabilities(pictures[:2], **options), triton.probabilities(pictures[:2]), atol=1e-6)


def test_answers_many_at_once_over_grpc(grpc_address, pictures, labels):
    client = triton_grpc.InferenceServerClient(url=grpc_address)
    answers = queue.Queue()
    for number in range(64):
        image = triton_grpc.InferInput("image", [1, 1, 28, 28], "FP32")
        image.set_data_from_numpy(pictures[number:number + 1])
        client.async_infer("digits", [image], request_id=str(number),
                           callback=lambda result, error: answers.put((result, error)))
    for _ in range(64):
        result, error = answers.get(timeout=60)
        assert error is None
        number = int(result.get_response().id)
        expected = Dialect(triton_grpc, grpc_address).probabilities(pictures[number:number + 1])
        assert numpy.allclose(result.as_numpy("probabilities"), expected, atol=1e-5)


def test_answers_many_at_once_over_http(http_address, pictures):
    client = triton_http.InferenceServerClient(url=http_address, concurrency=8)
    requests = []
    for number in range(64):
        image = triton_http.InferInput("image", [1, 1, 28, 28], "FP32")
        image.set_data_from_numpy(pictures[number:number + 1])
        requests.append(client.async_infer("digits", [image]))
    together = numpy.concatenate([request.get_result().as_numpy("probabilities") for request in requests])
    assert numpy.allclose(together, Dialect(triton_http, http_address).probabilities(pictures[:64]), atol=1e-5)


def failure(call):
    with pytest.raises(InferenceServerException) as caught:
        call()
    return caught.value


def test_an_unknown_model_is_not_found(triton, pictures):
    error = failure(lambda: triton.infer(pictures[:1], model="nobody"))
    assert error.message().startswith("Request for unknown model: 'nobody' is not found")
    assert error.status() in ("404", "StatusCode.NOT_FOUND")


def test_an_unknown_version_is_not_found(triton, pictures):
    error = failure(lambda: triton.infer(pictures[:1], model_version="999"))
    assert "digits" in error.message() and "999" in error.message()
    assert error.status() in ("404", "StatusCode.NOT_FOUND")


def test_a_wrong_datatype_is_refused_by_name(triton, pictures):
    error = failure(lambda: triton.infer(pictures[:1].astype(numpy.float64), datatype="FP64"))
    assert "image" in error.message() and "FP64" in error.message() and "FP32" in error.message()
    assert error.status() in ("400", "StatusCode.INVALID_ARGUMENT")


def test_a_wrong_shape_is_refused_by_name(triton, pictures):
    error = failure(lambda: triton.infer(pictures[:1, :, :14, :]))
    assert "image" in error.message() and "14" in error.message() and "28" in error.message()
    assert error.status() in ("400", "StatusCode.INVALID_ARGUMENT")


def test_an_unknown_input_is_refused_by_name(triton, pictures):
    error = failure(lambda: triton.infer(pictures[:1], name="picture"))
    assert "picture" in error.message()
    assert error.status() in ("400", "StatusCode.INVALID_ARGUMENT")


def test_an_unknown_output_is_refused_by_name(triton, pictures):
    wanted = triton.module.InferRequestedOutput("logits")
    error = failure(lambda: triton.infer(pictures[:1], outputs=[wanted]))
    assert "logits" in error.message()
    assert error.status() in ("400", "StatusCode.INVALID_ARGUMENT")


def test_goes_on_after_all_these_mistakes(triton, pictures):
    assert triton.probabilities(pictures[:1]).shape == (1, 10)
