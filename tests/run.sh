#!/usr/bin/env bash
# Sets everything up in .venv-test and passes all tests. Arguments go to pytest: `bash tests/run.sh -m slow` for full volumes.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv-test
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
# What is locked and nothing else: wheels only, since building a package would fetch what no lock names.
"$venv/bin/python" -m pip install --quiet --require-hashes --only-binary :all: --no-deps --requirement requirements/ci.txt
"$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
"$venv/bin/python" -m pip check
"$venv/bin/ruff" format --check .
"$venv/bin/ruff" check .
"$venv/bin/mypy"
# Before any test waits for them: the kernels, and (where Go is) the Collector and the stores.
"$venv/bin/python" -m otelsim.runner.warmed
"$venv/bin/python" -m otelsim.runner.warmed_otlp
"$venv/bin/python" -m otelsim.replay.warmed
if command -v go >/dev/null; then "$venv/bin/python" -m tests.backends.building; fi
if [ $# -gt 0 ]; then
  exec "$venv/bin/python" -m pytest "$@"
fi
exec "$venv/bin/python" -m pytest -n 2 --cov --cov-report=term:skip-covered --cov-fail-under=95
