"""Triton's asyncio clients, unchanged."""

import asyncio

import numpy
import pytest
import tritonclient.grpc.aio as triton_grpc
import tritonclient.http.aio as triton_http
from tritonclient.utils import InferenceServerException

PROTOCOLS = {"http": triton_http, "grpc": triton_grpc}


class Dialect:
    """Runs a coroutine function with one of the two clients and its module, on a loop of its own."""

    def __init__(self, name, served):
        self.module = PROTOCOLS[name]
        self.address = getattr(served, name)
        self.is_grpc = name == "grpc"
        # gRPC's client answers with messages, or with their JSON form.
        self.as_json = {"as_json": True} if self.is_grpc else {}

    def run(self, use, **options):
        async def with_client():
            async with self.module.InferenceServerClient(self.address, **options) as client:
                return await asyncio.wait_for(use(client), timeout=60)
        return asyncio.run(with_client())

    def tensor(self, name, array, datatype="INT32"):
        value = self.module.InferInput(name, list(array.shape), datatype)
        value.set_data_from_numpy(array)
        return value

    def pair(self, left, right):
        return [self.tensor("INPUT0", left), self.tensor("INPUT1", right)]

    def failure(self, use):
        with pytest.raises(InferenceServerException) as caught:
            self.run(use)
        return caught.value

    def refused(self, use, http, grpc):
        error = self.failure(use)
        assert error.status() == (f"StatusCode.{grpc}" if self.is_grpc else str(http))
        return error.message()


@pytest.fixture(params=PROTOCOLS)
def triton(request, served):
    return Dialect(request.param, served)


LEFT = numpy.arange(32, dtype=numpy.int32).reshape(2, 16)
RIGHT = numpy.full((2, 16), 3, numpy.int32)


def test_health_and_metadata(triton):
    async def ask(client):
        assert await client.is_server_live() and await client.is_server_ready()
        assert await client.is_model_ready("simple") and await client.is_model_ready("simple", "1")
        assert not await client.is_model_ready("nobody") and not await client.is_model_ready("simple", "7")
        return (await client.get_server_metadata(**triton.as_json), await client.get_model_metadata("simple", **triton.as_json))
    server, model = triton.run(ask)
    assert {"binary_tensor_data", "statistics", "classification", "model_configuration"} <= set(server["extensions"])
    assert (model["name"], model["versions"], model["platform"]) == ("simple", ["1"], "onnxruntime_onnx")
    assert [(one["name"], one["datatype"], [int(size) for size in one["shape"]]) for one in model["inputs"]] == [
        ("INPUT0", "INT32", [-1, 16]), ("INPUT1", "INT32", [-1, 16])]


# Conforms: TRITON: model_configuration, REST and gRPC
def test_the_configuration(triton):
    config = triton.run(lambda client: client.get_model_config("simple", **triton.as_json))
    config = config.get("config", config)
    assert (config["name"], config["max_batch_size"]) == ("simple", 8)
    assert [(one["name"], one["data_type"], [int(size) for size in one["dims"]]) for one in config["output"]] == [
        ("OUTPUT0", "TYPE_INT32", [16]), ("OUTPUT1", "TYPE_INT32", [16])]


def test_the_index_of_the_repository(triton):
    index = triton.run(lambda client: client.get_model_repository_index(**triton.as_json))
    index = index.get("models", []) if isinstance(index, dict) else index
    assert {one["name"]: one.get("state") for one in index}["simple"] == "READY"


# Conforms: OIP_REST: PyPI tritonclient, asyncio
# Conforms: OIP_GRPC: PyPI tritonclient, asyncio
def test_infers(triton):
    wanted = [triton.module.InferRequestedOutput("OUTPUT1")]
    result = triton.run(lambda client: client.infer(
        "simple", triton.pair(LEFT, RIGHT), outputs=wanted, request_id="mine", model_version="1", priority=1, timeout=30_000_000,
        headers={"x-anything": "at all"}))
    assert numpy.array_equal(result.as_numpy("OUTPUT1"), LEFT - RIGHT)
    assert result.as_numpy("OUTPUT0") is None
    response = result.get_response()
    assert (response["id"] if isinstance(response, dict) else response.id) == "mine"


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compresses_both_ways(triton, algorithm):
    options = {"compression_algorithm": algorithm} if triton.is_grpc else {
        "request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
    rows = numpy.zeros((8, 16), numpy.int32)
    result = triton.run(lambda client: client.infer("simple", triton.pair(rows, rows + 5), **options))
    assert (result.as_numpy("OUTPUT0") == 5).all()


def test_ranks_classes(triton):
    scores = numpy.array([[0.25, 0.125, 0.5], [1, 3, 2]], numpy.float32)
    wanted = triton.module.InferRequestedOutput("ranked", class_count=2)
    result = triton.run(lambda client: client.infer("animals", [triton.tensor("scores", scores, "FP32")], outputs=[wanted]))
    assert result.as_numpy("ranked").tolist() == [[b"0.500000:2:owl", b"0.250000:0:cat"], [b"3.000000:1:dog", b"2.000000:2:owl"]]


def test_many_at_once_get_their_own_answers(triton):
    rows = [numpy.full((1 + number % 3, 16), number, numpy.int32) for number in range(100)]

    async def ask(client):
        return await asyncio.gather(*(
            client.infer("simple", triton.pair(row, row), request_id=str(number)) for number, row in enumerate(rows)))
    for number, result in enumerate(triton.run(ask)):
        response = result.get_response()
        assert (response["id"] if isinstance(response, dict) else response.id) == str(number)
        assert numpy.array_equal(result.as_numpy("OUTPUT0"), rows[number] * 2)


def test_failures_among_many_are_their_own(triton):
    async def ask(client):
        return await asyncio.gather(*(
            client.infer("nobody" if number % 5 == 0 else "simple", triton.pair(LEFT, RIGHT)) for number in range(25)),
            return_exceptions=True)
    for number, result in enumerate(triton.run(ask)):
        if number % 5 == 0:
            assert "Request for unknown model: 'nobody'" in result.message()
        else:
            assert numpy.array_equal(result.as_numpy("OUTPUT0"), LEFT + RIGHT)


@pytest.mark.parametrize("inputs, text", [
    (lambda triton: triton.pair(LEFT, RIGHT)[:1], "INPUT1"),
    (lambda triton: triton.pair(LEFT, RIGHT[:, :4]), "INPUT1"),
    (lambda triton: triton.pair(LEFT, RIGHT[:1]), "INPUT"),
    (lambda triton: [triton.tensor("INPUT0", LEFT), triton.tensor("OTHER", RIGHT)], "OTHER"),
    (lambda triton: [triton.tensor("INPUT0", LEFT), triton.tensor("INPUT1", RIGHT.astype(numpy.int64), "INT64")], "INT64"),
    (lambda triton: [triton.tensor("INPUT0", LEFT)] * 2, "INPUT0"),
    (lambda triton: triton.pair(numpy.zeros((9, 16), numpy.int32), numpy.zeros((9, 16), numpy.int32)), "batch-size must be <= 8"),
], ids=["missing", "shape", "rows", "name", "datatype", "twice", "too many rows"])
def test_wrong_inputs_are_refused(triton, inputs, text):
    assert text in triton.refused(lambda client: client.infer("simple", inputs(triton)), 400, "INVALID_ARGUMENT")


def test_unknown_models_and_versions_are_not_found(triton):
    for options in ({"model_name": "nobody"}, {"model_name": "simple", "model_version": "7"}):
        assert triton.refused(lambda client: client.infer(inputs=triton.pair(LEFT, RIGHT), **options), 404, "NOT_FOUND")
        assert triton.refused(lambda client: client.get_model_metadata(**options), 404, "NOT_FOUND")


def test_statistics_count_what_was_asked(triton):
    async def ask(client):
        before = await client.get_inference_statistics("simple", "1", **triton.as_json)
        for _ in range(3):
            await client.infer("simple", triton.pair(LEFT, RIGHT))
        after = await client.get_inference_statistics("simple", "1", **triton.as_json)
        return [int(one["model_stats"][0].get("inference_count", 0)) for one in (before, after)]
    before, after = triton.run(ask)
    assert after - before == 6


def test_settings(triton):
    async def ask(client):
        await client.update_log_settings({"log_verbose_level": 0})
        logging = await client.get_log_settings(**triton.as_json)
        await client.update_trace_settings("simple", {"trace_rate": "9"})
        kept = await client.get_trace_settings("simple", **triton.as_json)
        cleared = await client.update_trace_settings("simple", {"trace_rate": None}, **triton.as_json)
        return logging, kept, cleared
    logging, kept, cleared = (answer.get("settings", answer) for answer in triton.run(ask))

    def rate(settings):
        value = settings["trace_rate"]
        return value["value"][0] if isinstance(value, dict) else value
    assert "log_verbose_level" in logging
    assert (rate(kept), rate(cleared)) == ("9", "1000")
    assert triton.refused(lambda client: client.update_trace_settings(settings={"trace_file": "/tmp/x"}), 501, "UNIMPLEMENTED")


def test_shared_memory_is_off(triton):
    async def ask(client):
        for kind in ("system", "cuda"):
            assert not await getattr(client, f"get_{kind}_shared_memory_status")(**triton.as_json)
            await getattr(client, f"unregister_{kind}_shared_memory")()
    triton.run(ask)
    assert "disabled" in triton.refused(
        lambda client: client.register_system_shared_memory("region", "/region", 64), 501, "UNIMPLEMENTED")
    assert triton.refused(lambda client: client.register_cuda_shared_memory("region", b"AA==", 0, 64), 501, "UNIMPLEMENTED")


# Conforms: TRITON: model_repository: index, load and unload by PyPI tritonclient
def test_loads_and_unloads(triton):
    async def ask(client):
        assert not await client.is_model_ready("spare")
        try:
            await client.load_model("spare", config='{"max_batch_size": 2}')
            assert await client.is_model_ready("spare")
            config = await client.get_model_config("spare", **triton.as_json)
        finally:
            await client.unload_model("spare")
        return config.get("config", config), await client.is_model_ready("spare")
    config, ready = triton.run(ask)
    assert config["max_batch_size"] == 2
    assert not ready


def test_files_of_clients_are_not_taken(triton):
    files = {"file:1/model.onnx": b"no model"}
    assert triton.refused(lambda client: client.load_model("spare", config="{}", files=files), 501, "UNIMPLEMENTED")


def test_what_cannot_be_loaded_says_why(triton):
    message = triton.failure(lambda client: client.load_model("nobody")).message()
    assert message.startswith("failed to load 'nobody'")


# Conforms: TRITON: sequence, with numeric and text ids
@pytest.mark.parametrize("sequence", [(2**53 + 5, 6), ("ä text", "another")], ids=["numbers", "texts"])
def test_sequences_keep_their_sums_apart(triton, sequence):
    async def ask(client):
        sums = []
        for step, value in enumerate([1, 10, 100]):
            both = await asyncio.gather(*(
                client.infer("sums", [triton.tensor("INPUT", numpy.array([[value * factor]], numpy.int32))], sequence_id=one,
                             sequence_start=step == 0, sequence_end=step == 2)
                for factor, one in zip((1, 2), sequence)))
            sums.append([int(answer.as_numpy("OUTPUT")[0, 0]) for answer in both])
        return sums
    assert triton.run(ask) == [[1, 2], [11, 22], [111, 222]]


def test_a_sequence_that_never_began_is_refused(triton):
    array = numpy.array([[1]], numpy.int32)
    for sequence in (0, 4711):
        assert triton.refused(lambda client: client.infer(
            "sums", [triton.tensor("INPUT", array)], sequence_id=sequence), 400, "INVALID_ARGUMENT")
