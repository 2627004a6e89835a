"""The SDK is an extra: without it there is one clear line."""

import subprocess
import sys

import pytest

from otelsim.errors import InputError
from otelsim.wire.sdk import need

LINE = "--encoder: sdk needs the packages of otelsim[sdk]"


def test_a_missing_package_is_told_in_one_line():
    need()
    with pytest.raises(InputError, match=r"sdk needs") as told:
        need(("opentelemetry.sdk", "opentelemetry.no_such_package"))
    assert str(told.value) == LINE


@pytest.mark.parametrize("module", ["otelsim.wire.sdk.notation", "otelsim.sinks.otlp.sdk"])
@pytest.mark.parametrize("missing", ["sdk", "exporter.otlp.proto.http", "exporter.otlp.proto.grpc"])
def test_importing_what_needs_it_says_so(module, missing):
    code = f"import sys\nsys.modules['opentelemetry.{missing}'] = None\nimport {module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"otelsim.errors.InputError: {LINE}"
