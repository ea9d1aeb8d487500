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


# Conforms: OIP_REST: PyPI tritonclient, HTTP and gRPC
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


# Conforms: OIP_GRPC: PyPI tritonclient, asynchronous
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


# Conforms: OIP_REST: PyPI tritonclient, asynchronous
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


def statistics(triton, model="digits"):
    """The first entry, as HTTP gives it; gRPC's client has a JSON form of its own, with numbers of 64 bits as strings."""
    options = {"as_json": True} if triton.module is triton_grpc else {}
    (entry,) = triton.client.get_inference_statistics(model, **options)["model_stats"]
    return entry


def count(entry, phase):
    return int(entry["inference_stats"].get(phase, {}).get("count", 0))


def nanos(entry, phase):
    return int(entry["inference_stats"].get(phase, {}).get("ns", 0))


# Conforms: TRITON: statistics, REST and gRPC alike
def test_statistics_count_what_was_asked(triton, pictures):
    triton.probabilities(pictures[:1])
    before = statistics(triton)
    for _ in range(3):
        triton.probabilities(pictures[:4])
    after = statistics(triton)
    assert int(after["inference_count"]) - int(before["inference_count"]) == 12
    assert 1 <= int(after["execution_count"]) - int(before["execution_count"]) <= 3
    for phase in ("success", "queue", "compute_input", "compute_infer", "compute_output"):
        assert count(after, phase) - count(before, phase) == 3
        assert nanos(after, phase) > nanos(before, phase)
    assert count(after, "fail") == count(before, "fail")
    assert int(after["last_inference"]) >= int(before["last_inference"])
    assert "4" in [str(batch["batch_size"]) for batch in after["batch_stats"]]


def test_has_no_statistics_of_an_unknown_model(triton):
    assert "requested model 'nobody' is not available" in failure(
        lambda: triton.client.get_inference_statistics("nobody")).message()


# Conforms: TRITON: logging
def test_log_settings_change_and_a_file_is_refused(triton):
    options = {"as_json": True} if triton.module is triton_grpc else {}

    def settings(answer):
        answer = answer.get("settings", answer)
        return {name: next(iter(value.values()), None) if isinstance(value, dict) else value for name, value in answer.items()}

    assert settings(triton.client.get_log_settings(**options))["log_info"] is True
    try:
        changed = settings(triton.client.update_log_settings({"log_verbose_level": 1}, **options))
        assert changed["log_verbose_level"] == 1
    finally:
        triton.client.update_log_settings({"log_verbose_level": 0})
    assert "log file location can not be updated" in failure(
        lambda: triton.client.update_log_settings({"log_file": "/tmp/millrace-log"})).message()


def test_trace_settings_are_kept_and_a_file_is_refused(triton):
    options = {"as_json": True} if triton.module is triton_grpc else {}

    def rate(answer):
        value = answer.get("settings", answer)["trace_rate"]
        return value["value"][0] if isinstance(value, dict) else value

    assert rate(triton.client.update_trace_settings("digits", {"trace_rate": "7"}, **options)) == "7"
    assert rate(triton.client.get_trace_settings(**options)) == "1000"
    assert rate(triton.client.update_trace_settings("digits", {"trace_rate": None}, **options)) == "1000"
    for refused in ({"trace_file": "/tmp/millrace-trace"}, {"trace_level": ["TIMESTAMPS"]}):
        failure(lambda: triton.client.update_trace_settings("digits", refused))


# Conforms: TRITON: classification
def test_ranks_classes(triton, pictures):
    wanted = triton.module.InferRequestedOutput("probabilities", class_count=3)
    ranked = triton.probabilities(pictures[:5], outputs=[wanted])
    assert ranked.shape == (5, 3)
    for row, probabilities in zip(ranked, triton.probabilities(pictures[:5])):
        classes = [entry.decode().split(":") for entry in row]
        assert [int(entry[1]) for entry in classes] == list(numpy.argsort(-probabilities, kind="stable")[:3])
        assert float(classes[0][0]) == pytest.approx(float(probabilities.max()), abs=2e-6)


def test_shared_memory_is_off_but_clients_may_clear_it(triton):
    options = {"as_json": True} if triton.module is triton_grpc else {}
    for kind in ("system", "cuda"):
        assert not getattr(triton.client, f"get_{kind}_shared_memory_status")(**options)
        getattr(triton.client, f"unregister_{kind}_shared_memory")()
    assert "disabled" in failure(
        lambda: triton.client.register_system_shared_memory("region", "/region", 64)).message()


# Conforms: TRITON: ModelStreamInfer: many requests on a call, answered in order
def test_a_stream_answers_in_order_and_outlives_failures(grpc_address, pictures):
    client = triton_grpc.InferenceServerClient(url=grpc_address)
    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    try:
        for number in range(64):
            image = triton_grpc.InferInput("image", [1, 1, 28, 28], "FP32")
            image.set_data_from_numpy(pictures[number:number + 1])
            client.async_stream_infer("nobody" if number == 30 else "digits", [image], request_id=str(number),
                                      enable_empty_final_response=True)
        for number in range(64):
            result, error = answers.get(timeout=60)
            if number == 30:
                assert "Request for unknown model: 'nobody'" in error.message()
                continue
            assert error is None
            response = result.get_response()
            assert response.id == str(number)
            assert response.parameters["triton_final_response"].bool_param
            expected = Dialect(triton_grpc, grpc_address).probabilities(pictures[number:number + 1])
            assert numpy.allclose(result.as_numpy("probabilities"), expected, atol=1e-5)
    finally:
        client.stop_stream()
        client.close()
