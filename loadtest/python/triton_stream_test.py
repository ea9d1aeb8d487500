"""Streams, and what else only one of Triton's clients has."""

import asyncio
import queue
import threading

import numpy
import pytest
import requests
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
from tritonclient.utils import InferenceServerException


def pair(number, module=triton_grpc, rows=1):
    array = numpy.full((rows, 16), number, numpy.int32)
    inputs = []
    for name in ("INPUT0", "INPUT1"):
        tensor = module.InferInput(name, [rows, 16], "INT32")
        tensor.set_data_from_numpy(array)
        inputs.append(tensor)
    return inputs


# Conforms: TRITON: ModelStreamInfer by PyPI tritonclient, asyncio
@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_an_aio_stream_outlives_an_error_in_its_middle(served, compression):
    async def requests():
        for number in range(40):
            yield {"model_name": "nobody" if number == 20 else "simple", "inputs": pair(number, triton_grpc_aio, rows=1 + number % 4),
                   "request_id": str(number)}

    async def ask():
        async with triton_grpc_aio.InferenceServerClient(served.grpc) as client:
            return [one async for one in client.stream_infer(requests(), stream_timeout=60, compression_algorithm=compression)]
    answers = asyncio.run(ask())
    assert len(answers) == 40
    for number, (result, error) in enumerate(answers):
        if number == 20:
            assert "Request for unknown model: 'nobody'" in error.message()
            continue
        assert error is None and result.get_response().id == str(number)
        assert result.as_numpy("OUTPUT0").shape == (1 + number % 4, 16)
        assert (result.as_numpy("OUTPUT0") == 2 * number).all() and not result.as_numpy("OUTPUT1").any()


def test_an_aio_stream_ends_when_it_is_cancelled(served):
    async def requests(go_on):
        yield {"model_name": "simple", "inputs": pair(1, triton_grpc_aio)}
        await go_on.wait()

    async def ask():
        go_on = asyncio.Event()
        async with triton_grpc_aio.InferenceServerClient(served.grpc) as client:
            answers = client.stream_infer(requests(go_on), stream_timeout=60)
            first = await anext(answers)
            assert answers.cancel()
            with pytest.raises((asyncio.CancelledError, InferenceServerException)):
                await anext(answers)
            return first, await client.is_server_live()
    (result, error), alive = asyncio.run(ask())
    assert error is None and (result.as_numpy("OUTPUT0") == 2).all() and alive


def test_a_stream_ends_with_its_timeout(served):
    answers = queue.Queue()
    with triton_grpc.InferenceServerClient(served.grpc) as client:
        client.start_stream(callback=lambda result, error: answers.put((result, error)), stream_timeout=0.5)
        result, error = answers.get(timeout=30)
        assert result is None and error.status() == "StatusCode.DEADLINE_EXCEEDED"


def test_a_stream_of_sequences(served):
    answers = queue.Queue()
    with triton_grpc.InferenceServerClient(served.grpc) as client:
        client.start_stream(callback=lambda result, error: answers.put((result, error)))
        for step in range(1, 6):
            tensor = triton_grpc.InferInput("INPUT", [1, 1], "INT32")
            tensor.set_data_from_numpy(numpy.array([[step]], numpy.int32))
            client.async_stream_infer("sums", [tensor], sequence_id=77, sequence_start=step == 1, sequence_end=step == 5)
        sums = [answers.get(timeout=30) for _ in range(5)]
        client.stop_stream()
    assert [error for _, error in sums] == [None] * 5
    assert [int(result.as_numpy("OUTPUT")[0, 0]) for result, _ in sums] == [1, 3, 6, 10, 15]


def test_streams_beside_each_other_get_their_own_answers(served):
    def ask(base, seen):
        answers = queue.Queue()
        with triton_grpc.InferenceServerClient(served.grpc) as client:
            client.start_stream(callback=lambda result, error: answers.put((result, error)))
            for number in range(50):
                client.async_stream_infer("simple", pair(base + number), request_id=str(number))
            for number in range(50):
                result, error = answers.get(timeout=60)
                seen.append(error is None and result.get_response().id == str(number)
                            and bool((result.as_numpy("OUTPUT0") == 2 * (base + number)).all()))
            client.stop_stream()
    seen = [[] for _ in range(4)]
    callers = [threading.Thread(target=ask, args=(1000 * one, seen[one])) for one in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=60)
    assert seen == [[True] * 50] * 4


def test_a_call_can_be_cancelled(served):
    answers = queue.Queue()
    with triton_grpc.InferenceServerClient(served.grpc) as client:
        call = client.async_infer("simple", pair(1), callback=lambda result, error: answers.put((result, error)))
        call.cancel()
        result, error = answers.get(timeout=30)
        assert error is None or error.status() == "StatusCode.CANCELLED"
        assert (client.infer("simple", pair(2)).as_numpy("OUTPUT0") == 4).all()


def test_a_later_answer_over_http_has_its_error(served):
    with triton_http.InferenceServerClient(served.http, concurrency=4) as client:
        later = [client.async_infer("simple" if number % 2 else "nobody", pair(number, triton_http), request_id=str(number),
                                    priority=1 + number % 2, timeout=30_000_000) for number in range(8)]
        for number, request in enumerate(later):
            if number % 2:
                result = request.get_result(timeout=30)
                assert result.get_response()["id"] == str(number)
                assert (result.as_numpy("OUTPUT0") == 2 * number).all()
            else:
                with pytest.raises(InferenceServerException, match="Request for unknown model: 'nobody'"):
                    request.get_result(timeout=30)


# Conforms: OIP_REST: a body made and read by PyPI tritonclient, sent by any HTTP client
@pytest.mark.parametrize("binary", [True, False])
def test_a_body_of_the_client_sent_by_another(served, binary):
    inputs = pair(5, triton_http)
    wanted = [triton_http.InferRequestedOutput(name, binary_data=binary) for name in ("OUTPUT0", "OUTPUT1")]
    body, json_size = triton_http.InferenceServerClient.generate_request_body(inputs, outputs=wanted, request_id="x")
    headers = {"Inference-Header-Content-Length": str(json_size)} if json_size is not None else {}
    answer = requests.post(f"{served.url}/v2/models/simple/infer", data=body, headers=headers, timeout=30)
    size = answer.headers.get("Inference-Header-Content-Length")
    result = triton_http.InferenceServerClient.parse_response_body(
        answer.content, header_length=int(size) if size else None)
    assert (size is not None) == binary
    assert (result.as_numpy("OUTPUT0") == 10).all()


# Conforms: OIP_REST: a raw request, which is nothing but the tensor
def test_a_raw_request(served):
    sent = numpy.array([1.5, -2, 3, 4], numpy.float32)
    answer = requests.post(f"{served.url}/v2/models/pairs/infer", data=sent.tobytes(), timeout=30,
                           headers={"Inference-Header-Content-Length": "0", "Content-Type": "application/octet-stream"})
    assert answer.status_code == 200, answer.text
    result = triton_http.InferenceServerClient.parse_response_body(
        answer.content, header_length=int(answer.headers["Inference-Header-Content-Length"]))
    assert numpy.array_equal(result.as_numpy("doubled"), [sent * 2])
    assert result.as_numpy("total").tolist() == [[6.5]]


def test_reserved_parameters_are_refused_and_others_pass(served):
    with triton_http.InferenceServerClient(served.http) as client:
        assert (client.infer("simple", pair(4, triton_http), parameters={"mine": "x", "number": 3, "flag": True})
                .as_numpy("OUTPUT0") == 8).all()
    with triton_grpc.InferenceServerClient(served.grpc) as client:
        assert (client.infer("simple", pair(4), parameters={"mine": "x", "number": 3, "flag": True}).as_numpy("OUTPUT0") == 8).all()


@pytest.mark.parametrize("module", [triton_http, triton_grpc], ids=["http", "grpc"])
def test_the_synchronous_clients_have_configuration_index_and_sequences(served, module):
    as_json = {"as_json": True} if module is triton_grpc else {}
    with module.InferenceServerClient(served.grpc if module is triton_grpc else served.http) as client:
        config = client.get_model_config("simple", headers={"x-anything": "at all"}, **as_json)
        assert config.get("config", config)["max_batch_size"] == 8
        index = client.get_model_repository_index(**as_json)
        states = {one["name"]: one.get("state") for one in (index["models"] if module is triton_grpc else index)}
        assert states["simple"] == "READY"
        sums = []
        for step in range(1, 4):
            tensor = module.InferInput("INPUT", [1, 1], "INT32")
            tensor.set_data_from_numpy(numpy.array([[step]], numpy.int32))
            answer = client.infer("sums", [tensor], sequence_id="of the synchronous client", sequence_start=step == 1,
                                  sequence_end=step == 3)
            sums.append(int(answer.as_numpy("OUTPUT")[0, 0]))
        assert sums == [1, 3, 6]
