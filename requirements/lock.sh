#!/usr/bin/env bash
# Writes the locks anew after pyproject.toml has changed, keeping each version that may stay (needs uv: pip install uv).
# `bash requirements/lock.sh --upgrade` takes the newest versions instead.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command "bash requirements/lock.sh" --output-file "requirements/$1.txt" "${@:2}" >/dev/null
}

lock build --group build "$@"
lock image pyproject.toml --extra s3 --extra dask "$@"
# Last, so that the tests run with what the image has.
lock ci pyproject.toml --extra sdk --extra s3 --extra dask --group build --group test \
  --constraint requirements/build.txt --constraint requirements/image.txt "$@"
