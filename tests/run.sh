#!/usr/bin/env bash
# Sets everything up in .venv-test and passes all tests: `bash tests/run.sh` (arguments go to pytest; `bash tests/run.sh -m slow` for the full volumes).
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv-test
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --upgrade "pip>=25.1"
"$venv/bin/python" -m pip install --quiet --editable . --group test
"$venv/bin/ruff" format --check .
"$venv/bin/ruff" check .
"$venv/bin/mypy"
# The kernels are compiled once, before any test waits for them.
"$venv/bin/python" -m otelsim.runner.warmed
exec "$venv/bin/python" -m pytest "$@"
