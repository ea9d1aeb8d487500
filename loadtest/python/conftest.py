"""Where the running system is, and the held-out digits it is asked about."""

import gzip
import os
import pathlib

import numpy
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS = ROOT / "trainer/src/main/resources/datasets/mnist-digits"


def address(variable):
    port = os.environ.get(variable)
    if port is None:
        pytest.exit(f"{variable} is not set: start these tests with loadtest/python/run.sh", returncode=2)
    return f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def http_address():
    return address("MILLRACE_HTTP_PORT")


@pytest.fixture(scope="session")
def grpc_address():
    return address("MILLRACE_GRPC_PORT")


@pytest.fixture(scope="session")
def store_url():
    return "http://" + address("MILLRACE_STORE_PORT")


@pytest.fixture(scope="session")
def grey():
    """The 1,000 held-out digits as bytes, bright ink on dark."""
    with gzip.open(DIGITS / "t10k-images-idx3-ubyte.gz") as file:
        return numpy.frombuffer(file.read()[16:], numpy.uint8).reshape(-1, 28, 28)


@pytest.fixture(scope="session")
def pictures(grey):
    """The same as the model takes them."""
    return (grey[:, None].astype(numpy.float32) / 255).astype(numpy.float32)


@pytest.fixture(scope="session")
def labels():
    with gzip.open(DIGITS / "t10k-labels-idx1-ubyte.gz") as file:
        return numpy.frombuffer(file.read()[8:], numpy.uint8)
