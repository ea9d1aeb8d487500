"""What schemathesis makes of the OpenAPI document: requests that fit it and requests that do not, to every route.

Its checks: no failure of the server but those that say what is not served, no answer beyond the document, and one that has the
form described there."""

import os
import pathlib
import re
import subprocess
import sys

import requests

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method", "allow_header_conformance", "missing_required_header",
          "negative_data_rejection"]
# Would take the models away, or fill the log.
NOT_ASKED = ["unloadModel", "repositoryModelUnload", "changeLogSettings"]
LIMIT_SECONDS = 240
# The same requests in each run, so that a change fails for what it changes; another number asks something else.
SEED = os.environ.get("MILLRACE_SCHEMATHESIS_SEED", "1")


# Conforms: OPEN_API: schemathesis finds no answer beyond the document
def test_answers_are_those_of_the_document(served, tmp_path):
    document = requests.get(f"{served.url}/v3/api-docs", timeout=30)
    # From a file: it does not test the route that it reads the document from.
    (tmp_path / "openapi.json").write_bytes(document.content)
    excluded = [f"--exclude-operation-id={one}" for one in NOT_ASKED]
    # One worker: two at a time run into a limit of Python 3.11's parser.
    run = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run", "openapi.json", f"--url={served.url}",
         "--no-color", "--phases=examples,coverage,fuzzing", "--max-examples=40", f"--seed={SEED}", "--workers=1", "--request-timeout=15",
         "--generation-database=none", "--suppress-health-check=all", "--continue-on-failure", f"--checks={','.join(CHECKS)}", *excluded],
        capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False, cwd=tmp_path)
    report = run.stdout + run.stderr
    assert run.returncode == 0, report
    operations = sum(len(item.keys() & {"get", "post", "delete"}) for item in document.json()["paths"].values())
    assert int(re.search(r"Tested: +(\d+)", report)[1]) == operations - len(NOT_ASKED), report
    assert int(re.search(r"(\d+) generated", report)[1]) > 1000, report


def test_all_models_answer_after_it(served):
    """Whatever was asked before: no worker hangs and no model is gone."""
    for model in requests.get(f"{served.url}/v1/models", timeout=30).json()["models"]:
        if model != "spare":
            assert requests.get(f"{served.url}/v2/models/{model}/ready", timeout=30).status_code == 200, model
    answer = requests.post(f"{served.url}/v1/models/pairs:predict", json={"instances": [[1, 2, 3, 4]]}, timeout=30)
    assert answer.json()["predictions"] == [{"doubled": [2, 4, 6, 8], "total": [10]}]
