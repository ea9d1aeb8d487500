"""KServe's inference clients, unchanged."""

import asyncio
from unittest import mock

import grpc
import httpx
import numpy
import pytest
from google.protobuf import descriptor_pool

from models import NO_JSON, SAMPLES, identity, same

# Triton's stubs and KServe's describe the same messages, and one pool of descriptors takes them from one file only.
with mock.patch.object(descriptor_pool, "Default", return_value=descriptor_pool.DescriptorPool()):
    from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
    from kserve.protocol.infer_type import RequestedOutput

# What the clients know, raw and in the lists of JSON and protobuf, which have no form for halves.
FORMS = [(datatype, binary) for datatype in SAMPLES for binary in (True, False)
         if datatype != "BF16" and (binary or datatype not in NO_JSON)]


def question(array, datatype, model, name="x", binary=True, **options):
    tensor = InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array, binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[tensor], **options)


def over_rest(served, use, protocol="v2"):
    async def ask():
        async with InferenceRESTClient(RESTConfig(protocol=protocol, timeout=30)) as client:
            return await use(client)
    return asyncio.run(ask())


def over_grpc(served, use):
    async def ask():
        async with InferenceGRPCClient(served.grpc, timeout=30) as client:
            return await use(client)
    return asyncio.run(ask())


def array_of(answer, name="y"):
    """BYTES come as text where the bytes are some."""
    return answer.get_output_by_name(name).as_numpy()


# Conforms: OIP_REST: PyPI kserve's inference client
@pytest.mark.parametrize("datatype, binary", FORMS)
def test_rest_carries_every_type(served, datatype, binary):
    request = question(SAMPLES[datatype], datatype, identity(datatype), binary=binary, request_id="mine",
                       request_outputs=[RequestedOutput("y", {"binary_data": binary})])
    answer = over_rest(served, lambda client: client.infer(served.url, request, model_name=identity(datatype)))
    assert same(array_of(answer), SAMPLES[datatype])
    assert (answer.id, answer.model_name) == ("mine", identity(datatype))


# Conforms: OIP_GRPC: PyPI kserve's inference client
@pytest.mark.parametrize("datatype, binary", FORMS)
def test_grpc_carries_every_type(served, datatype, binary):
    request = question(SAMPLES[datatype], datatype, identity(datatype), binary=binary, request_id="mine")
    answer = over_grpc(served, lambda client: client.infer(request))
    assert same(array_of(answer), SAMPLES[datatype])
    assert (answer.id, answer.model_name) == ("mine", identity(datatype))


def test_health_over_rest(served):
    async def ask(client):
        return [await client.is_server_live(served.url), await client.is_server_ready(served.url),
                await client.is_model_ready(served.url, "pairs"), await client.is_model_ready(served.url, "nobody")]
    assert over_rest(served, ask) == [True, True, True, False]


def test_health_over_grpc(served):
    async def ask(client):
        return [await client.is_server_live(), await client.is_server_ready(),
                await client.is_model_ready("pairs"), await client.is_model_ready("nobody")]
    assert over_grpc(served, ask) == [True, True, True, False]


# Conforms: KSERVE_V1: PyPI kserve's inference client
def test_the_first_protocol(served):
    async def ask(client):
        return [await client.is_server_live(served.url), await client.is_model_ready(served.url, "pairs"),
                await client.infer(served.url, {"instances": [[1, 2, 3, 4], [0, 0, 0, 1]]}, model_name="pairs")]
    assert over_rest(served, ask, protocol="v1") == [
        True, True, {"predictions": [{"doubled": [2, 4, 6, 8], "total": [10]}, {"doubled": [0, 0, 0, 2], "total": [1]}]}]


@pytest.mark.parametrize("protocol, body", [("v1", {"instances": [[1, 2, 3, 4]]}), ("v2", {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}]})])
def test_an_unknown_model_is_not_found_with_a_text(served, protocol, body):
    with pytest.raises(httpx.HTTPStatusError, match="nobody") as caught:
        over_rest(served, lambda client: client.infer(served.url, body, model_name="nobody"), protocol)
    assert caught.value.response.status_code == 404


def test_a_model_without_an_explainer_says_so(served):
    with pytest.raises(httpx.HTTPStatusError, match="explain") as caught:
        over_rest(served, lambda client: client.explain(served.url, "pairs", {"instances": [[1, 2, 3, 4]]}), "v1")
    assert caught.value.response.status_code == 501


@pytest.mark.parametrize("array, name, text", [
    (numpy.zeros((1, 3), numpy.float32), "x", "[1,3]"),
    (numpy.zeros((1, 4), numpy.float64), "x", "FP64"),
    (numpy.zeros((1, 4), numpy.float32), "z", "'z'"),
])
def test_wrong_inputs_are_refused(served, array, name, text):
    datatype = "FP64" if array.dtype == numpy.float64 else "FP32"
    request = question(array, datatype, "pairs", name=name)
    with pytest.raises(httpx.HTTPStatusError) as over_http:
        over_rest(served, lambda client: client.infer(served.url, request, model_name="pairs"))
    assert over_http.value.response.status_code == 400 and text in str(over_http.value).replace(", ", ",")
    with pytest.raises(grpc.RpcError) as over_channel:
        over_grpc(served, lambda client: client.infer(question(array, datatype, "pairs", name=name)))
    assert over_channel.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert text in over_channel.value.details().replace(", ", ",")


def test_many_at_once_get_their_own_answers(served):
    def one(number):
        return question(numpy.full((1 + number % 3, 4), number, numpy.float32), "FP32", "pairs", binary=number % 2 == 0)

    async def rest(client):
        return await asyncio.gather(*(client.infer(served.url, one(number), model_name="pairs") for number in range(40)))

    async def channel(client):
        return await asyncio.gather(*(client.infer(one(number)) for number in range(40)))
    for answers in (over_rest(served, rest), over_grpc(served, channel)):
        for number, answer in enumerate(answers):
            assert numpy.array_equal(array_of(answer, "doubled"), numpy.full((1 + number % 3, 4), 2 * number, numpy.float32))
