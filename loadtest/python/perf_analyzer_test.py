"""Triton's load generator measures a model. Its program comes with './millrace test'; see perf_analyzer.txt."""

import os
import pathlib
import platform
import re
import subprocess

import pytest

TOOL = pathlib.Path(os.environ.get("MILLRACE_VENV", "")) / "perf_analyzer"


# Conforms: TRITON: perf_analyzer, with its statistics report, HTTP and gRPC
@pytest.mark.skipif(platform.machine() != "x86_64", reason="there is no perf_analyzer for this machine")
@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_measures_a_model(http_address, grpc_address, protocol):
    command = [
        TOOL / "perf_analyzer", "-m", "digits", "-i", protocol, "-u", http_address if protocol == "http" else grpc_address,
        "--concurrency-range", "4", "-p", "1000", "-s", "90", "-r", "40", "-v",
    ]
    run = subprocess.run(
        command, env={**os.environ, "LD_LIBRARY_PATH": str(TOOL)}, capture_output=True, text=True, timeout=120, check=False
    )
    report = run.stdout + run.stderr
    assert run.returncode == 0, report
    assert float(re.search(r"Throughput: ([\d.]+) infer/sec", report)[1]) > 0, report
    server = report[report.index("Server:"):]
    assert int(re.search(r"Inference count: (\d+)", server)[1]) > 0, report
    assert int(re.search(r"Execution count: (\d+)", server)[1]) > 0, report
    assert re.search(r"queue \d+ usec \+ compute input \d+ usec \+ compute infer \d+ usec \+ compute output \d+ usec", server), report
