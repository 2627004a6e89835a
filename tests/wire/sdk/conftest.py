"""The runs that all signals are tried on."""

import pytest

from .runs import SHAPES, run_of


@pytest.fixture(params=SHAPES)
def run(request):
    return run_of(request.param)
