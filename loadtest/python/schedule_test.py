"""Time-outs and priorities, as Triton's clients ask for them. The model `slow` runs one request at a time."""

import asyncio
import queue

import numpy
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from tritonclient.utils import InferenceServerException

# Half a second, or more where others use the processors.
LONG = 1_000_000


def count(turns, module):
    tensor = module.InferInput("turns", [1, 1], "INT64")
    tensor.set_data_from_numpy(numpy.array([[turns]], numpy.int64))
    return [tensor]


@pytest.fixture
def busy(served):
    """The model has something to do, and its time to be asked for something else."""
    answers = queue.Queue()
    with triton_grpc.InferenceServerClient(served.grpc) as client:
        client.is_server_live()
        client.async_infer("slow", count(LONG, triton_grpc), callback=lambda result, error: answers.put((result, error)))
        # Behind the other on the same connection: once this is answered, the model has begun.
        client.is_server_live()
        yield served
        result, error = answers.get(timeout=60)
    assert error is None and result.as_numpy("counted").tolist() == [[LONG]]


def failure(call):
    with pytest.raises(InferenceServerException) as caught:
        call()
    return caught.value


# Conforms: TRITON: schedule_policy: timeout
@pytest.mark.parametrize("module", [triton_http, triton_grpc], ids=["http", "grpc"])
def test_a_request_that_waited_too_long_is_not_run(busy, module):
    with module.InferenceServerClient(busy.http if module is triton_http else busy.grpc) as client:
        error = failure(lambda: client.infer("slow", count(1, module), timeout=20_000))
    # It says that the time is up, or that it will be before the model can answer.
    assert error.message().startswith("Request timeout expire")
    assert error.status() in ("503", "504", "StatusCode.UNAVAILABLE", "StatusCode.DEADLINE_EXCEEDED")


# Conforms: TRITON: schedule_policy: priority
@pytest.mark.parametrize("first", ["http", "grpc"])
def test_the_urgent_go_first(busy, first):
    async def ask():
        order = []
        async with triton_grpc_aio.InferenceServerClient(busy.grpc) as over_grpc, \
                triton_http_aio.InferenceServerClient(busy.http) as over_http:
            async def one(name, **options):
                client, module = (over_http, triton_http_aio) if first == "http" else (over_grpc, triton_grpc_aio)
                await client.infer("slow", count(LONG // 20, module), **options)
                order.append(name)
            callers = [asyncio.create_task(one("ordinary")) for _ in range(3)]
            await over_grpc.is_server_live()
            callers.append(asyncio.create_task(one("urgent", priority=1)))
            await asyncio.wait_for(asyncio.gather(*callers), timeout=60)
        return order
    assert asyncio.run(ask()) == ["urgent", "ordinary", "ordinary", "ordinary"]


def test_a_client_over_grpc_gives_up(served):
    with triton_grpc.InferenceServerClient(served.grpc) as client:
        error = failure(lambda: client.infer("slow", count(LONG, triton_grpc), client_timeout=0.05))
        assert error.status() == "StatusCode.DEADLINE_EXCEEDED"
        assert client.infer("slow", count(3, triton_grpc), client_timeout=60).as_numpy("counted").tolist() == [[3]]


def test_a_client_over_http_gives_up(served):
    with triton_http.InferenceServerClient(served.http, network_timeout=0.05) as hasty:
        with pytest.raises(Exception, match="timed out|timeout"):
            hasty.infer("slow", count(LONG, triton_http))
    with triton_http.InferenceServerClient(served.http) as client:
        assert client.infer("slow", count(3, triton_http)).as_numpy("counted").tolist() == [[3]]


def test_an_aio_client_gives_up(served):
    async def ask():
        async with triton_grpc_aio.InferenceServerClient(served.grpc) as over_grpc:
            with pytest.raises(InferenceServerException) as caught:
                await over_grpc.infer("slow", count(LONG, triton_grpc_aio), client_timeout=0.05)
            assert caught.value.status() == "StatusCode.DEADLINE_EXCEEDED"
        async with triton_http_aio.InferenceServerClient(served.http, conn_timeout=0.05) as over_http:
            with pytest.raises((asyncio.TimeoutError, InferenceServerException)):
                await over_http.infer("slow", count(LONG, triton_http_aio))
    asyncio.run(ask())
