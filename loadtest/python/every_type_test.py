"""Every datatype through every client of Triton, bit for bit."""

import asyncio
import queue

import ml_dtypes
import numpy
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from tritonclient.utils import np_to_triton_dtype

from models import NO_JSON, SAMPLES, identity, same


def tensor(module, array, datatype, **options):
    value = module.InferInput("x", list(array.shape), datatype)
    value.set_data_from_numpy(array, **options)
    return [value]


def over_http(served, array, datatype, sent_binary=True, wanted_binary=True):
    with triton_http.InferenceServerClient(served.http) as client:
        wanted = triton_http.InferRequestedOutput("y", binary_data=wanted_binary)
        return client.infer(identity(datatype), tensor(triton_http, array, datatype, binary_data=sent_binary), outputs=[wanted])


def over_http_json(served, array, datatype):
    return over_http(served, array, datatype, sent_binary=False, wanted_binary=False)


def over_http_in_json_out_binary(served, array, datatype):
    return over_http(served, array, datatype, sent_binary=False)


def over_http_later(served, array, datatype):
    with triton_http.InferenceServerClient(served.http) as client:
        return client.async_infer(identity(datatype), tensor(triton_http, array, datatype)).get_result()


def over_http_aio(served, array, datatype):
    async def ask():
        async with triton_http_aio.InferenceServerClient(served.http) as client:
            return await client.infer(identity(datatype), tensor(triton_http_aio, array, datatype))
    return asyncio.run(ask())


def over_grpc(served, array, datatype):
    with triton_grpc.InferenceServerClient(served.grpc) as client:
        return client.infer(identity(datatype), tensor(triton_grpc, array, datatype))


def over_a_stream(served, array, datatype):
    answers = queue.Queue()
    with triton_grpc.InferenceServerClient(served.grpc) as client:
        client.start_stream(callback=lambda result, error: answers.put((result, error)))
        client.async_stream_infer(identity(datatype), tensor(triton_grpc, array, datatype))
        result, error = answers.get(timeout=30)
        client.stop_stream()
    assert error is None
    return result


def over_grpc_aio(served, array, datatype):
    async def ask():
        async with triton_grpc_aio.InferenceServerClient(served.grpc) as client:
            return await client.infer(identity(datatype), tensor(triton_grpc_aio, array, datatype))
    return asyncio.run(ask())


def over_an_aio_stream(served, array, datatype):
    async def one_request():
        yield {"model_name": identity(datatype), "inputs": tensor(triton_grpc_aio, array, datatype)}

    async def ask():
        async with triton_grpc_aio.InferenceServerClient(served.grpc) as client:
            return [answer async for answer in client.stream_infer(one_request(), stream_timeout=30)]
    ((result, error),) = asyncio.run(ask())
    assert error is None
    return result


CLIENTS = [over_http, over_http_json, over_http_in_json_out_binary, over_http_later, over_http_aio, over_grpc, over_a_stream,
           over_grpc_aio, over_an_aio_stream]


# Conforms: OIP_REST: every datatype through each form of PyPI tritonclient, bit for bit
# Conforms: OIP_GRPC: every datatype through each form of PyPI tritonclient, bit for bit
@pytest.mark.parametrize("ask", CLIENTS, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize("datatype", SAMPLES)
def test_comes_back_as_it_went(served, ask, datatype):
    sent = SAMPLES[datatype]
    if "json" in ask.__name__ and datatype in NO_JSON:
        with pytest.raises(triton_http.InferenceServerException):
            ask(served, sent, datatype)
        return
    assert np_to_triton_dtype(sent.dtype) == datatype
    answer = ask(served, sent, datatype)
    assert same(answer.as_numpy("y"), sent)
    output = answer.get_output("y")
    assert (output["datatype"] if isinstance(output, dict) else output.datatype) == datatype


BINARY = [ask for ask in CLIENTS if "json" not in ask.__name__]
NO_NUMBERS = [
    numpy.array([[0x7FC10000, 0xFFC00000], [0x7F800000, 0xFF800000]], numpy.uint32).view(numpy.float32),
    numpy.array([[0x7FF8000000000001, 0xFFF8000000000000]], numpy.uint64).view(numpy.float64),
    numpy.array([[0x7E01, 0xFE00, 0xFC00]], numpy.uint16).view(numpy.float16),
    numpy.array([[0x7FC1, 0xFFC0, 0xFF80]], numpy.uint16).view(ml_dtypes.bfloat16),
]


@pytest.mark.parametrize("ask", BINARY, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize("sent", NO_NUMBERS, ids=lambda sent: np_to_triton_dtype(sent.dtype))
def test_bits_that_are_no_numbers_come_back_too(served, ask, sent):
    assert same(ask(served, sent, np_to_triton_dtype(sent.dtype)).as_numpy("y"), sent)


@pytest.mark.parametrize("ask", BINARY, ids=lambda ask: ask.__name__)
def test_bytes_that_are_not_text_come_back_too(served, ask):
    sent = numpy.array([[b"\xff\xfe\x00\x80", b"\xed\xa0\x80"]], numpy.object_)
    assert same(ask(served, sent, "BYTES").as_numpy("y"), sent)


@pytest.mark.parametrize("ask", CLIENTS, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (1, 300), (3, 0)])
def test_the_shape_is_the_callers(served, ask, shape):
    sent = numpy.arange(numpy.prod(shape), dtype=numpy.int64).reshape(shape)
    got = ask(served, sent, "INT64").as_numpy("y")
    assert got.shape == shape and (got == sent).all()
