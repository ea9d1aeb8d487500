#!/usr/bin/env bash
# Starts the whole system with './millrace up' on free ports and an empty home, lets foreign clients use it (the Python
# packages of Triton, KServe and MLflow, schemathesis, a browser), and stops it again. Tests that want more models than the
# trained one use a second service, which conftest.py starts.
# Needs the packages of requirements.txt (a virtual environment: MILLRACE_VENV; else python3 of the PATH), chromium and
# chromedriver. Without one of them it exits with 3. Arguments go to pytest.
# MILLRACE_ATTACH=yes uses a system that runs already, at the ports of the MILLRACE_*_PORT variables.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=python3
[ -z "${MILLRACE_VENV:-}" ] || python=$MILLRACE_VENV/bin/python

fail() { echo "loadtest/python/run.sh: $*" >&2; exit 1; }
missing() { echo "loadtest/python/run.sh: $*" >&2; exit 3; }

"$python" -c '
from importlib import util
packages = "cloudevents grpc_tools kserve mlflow numpy onnx onnxruntime PIL pytest schemathesis selenium tritonclient"
raise SystemExit(not all(util.find_spec(one) for one in packages.split()))' 2>/dev/null \
  || missing "'$python' lacks packages: make a virtual environment, pip install -r loadtest/python/requirements.txt, set MILLRACE_VENV to it."
for tool in "${CHROMIUM:-chromium}" "${CHROMEDRIVER:-chromedriver}"; do
  command -v "$tool" >/dev/null || missing "'$tool' is not there: install Debian's chromium and chromium-driver."
done

free_ports() {
  "$python" - <<'PYTHON'
import socket
sockets = [socket.socket() for _ in range(5)]
for one in sockets:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))
PYTHON
}

run_pytest() {
  mkdir -p "$root/loadtest/target/pytest-reports"
  ( cd "$here" && MLFLOW_HTTP_REQUEST_MAX_RETRIES=2 PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -p no:cacheprovider \
      --junitxml="$root/loadtest/target/pytest-reports/TEST-python.xml" "$@" )
}

if [ -n "${MILLRACE_ATTACH:-}" ]; then
  run_pytest "$@"
  exit
fi

read -r MILLRACE_HTTP_PORT MILLRACE_GRPC_PORT MILLRACE_MANAGEMENT_PORT MILLRACE_STORE_PORT MILLRACE_TRAINER_PORT < <(free_ports)
export MILLRACE_HTTP_PORT MILLRACE_GRPC_PORT MILLRACE_MANAGEMENT_PORT MILLRACE_STORE_PORT MILLRACE_TRAINER_PORT
MILLRACE_HOME=$(mktemp -d)
export MILLRACE_HOME
unset MILLRACE_STORE_URL
log=$MILLRACE_HOME/up.log
up=''

stop() {
  [ -z "$up" ] || { kill -TERM "$up" 2>/dev/null && wait "$up"; } || true
  rm -rf "$MILLRACE_HOME"
}
trap stop EXIT
trap 'exit 1' INT TERM

"$root/millrace" up >"$log" 2>&1 &
up=$!
# The first training is the recipe's own and takes a minute or two; under load much longer; thirty are the end of patience.
for _ in $(seq 1 9000); do
  if grep -q '^Millrace is up' "$log"; then break; fi
  kill -0 "$up" 2>/dev/null || { tail -n 30 "$log" >&2; fail "'./millrace up' ended before it was up; its output stands above."; }
  sleep 0.2
done
grep -q '^Millrace is up' "$log" || { tail -c 2000 "$log" >&2; fail "'./millrace up' was not up within thirty minutes."; }

run_pytest "$@"

kill -TERM "$up"
wait "$up" || fail "'./millrace up' ended with $? after SIGTERM, but has to end with 0."
up=''
