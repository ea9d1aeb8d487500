"""Where the running system is, and the held-out digits it is asked about."""

import gzip
import os
import pathlib
import socket
import subprocess
import time

import numpy
import pytest
import requests
import tritonclient.http as triton_http

from models import Repository

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


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Served:
    """A service of its own that serves the models of models.py, loaded by request; `spare` is there and not loaded."""

    def __init__(self, http_port, grpc_port):
        self.http = f"127.0.0.1:{http_port}"
        self.grpc = f"127.0.0.1:{grpc_port}"
        self.url = f"http://{self.http}"


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    loaded = Repository(folder / "models").add_all()
    http_port, grpc_port, management_port = free_ports(3)
    environment = {**os.environ, "MILLRACE_HOME": str(folder / "home"), "MILLRACE_HTTP_PORT": http_port, "MILLRACE_GRPC_PORT": grpc_port,
                   "MILLRACE_MANAGEMENT_PORT": management_port, "MILLRACE_DEFAULT_MODEL": "pairs", "MILLRACE_REHEARSAL": "0s"}
    service = Served(http_port, grpc_port)
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([ROOT / "millrace", "serve", "--models", folder / "models", "--model-control", "explicit"],
                                   env=environment, stdout=log, stderr=log)
    try:
        await_ready(service, process, folder / "log")
        client = triton_http.InferenceServerClient(url=service.http)
        for model in loaded:
            client.load_model(model)
        yield service
    finally:
        process.terminate()
        process.wait(timeout=60)


def await_ready(service, process, log):
    """A start takes a second or two, under load much longer."""
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        assert process.poll() is None, log.read_text()
        try:
            if requests.get(f"{service.url}/v2/health/ready", timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())
