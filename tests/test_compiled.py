"""Kernels are kept by what they depend on."""

from pathlib import Path

import otelsim
from otelsim.compiled import EXCEPTION, WITHOUT_KERNELS

PACKAGE = Path(otelsim.__file__).parent


def test_packages_said_to_have_no_kernel_have_none():
    found = [p for name in WITHOUT_KERNELS for p in (PACKAGE / name).rglob("*.py") if "njit" in p.read_text()]
    assert found == [PACKAGE / EXCEPTION]
    assert [p for p in PACKAGE.rglob("*.py") if "njit" in p.read_text()]


def test_packages_with_kernels_import_nothing_from_those_without():
    kernels = [p for p in PACKAGE.rglob("*.py") if "njit" in p.read_text() and p != PACKAGE / EXCEPTION]
    wrong = [
        (path.name, name)
        for path in kernels
        for name in WITHOUT_KERNELS
        if f"otelsim.{name.rstrip('/').replace('/', '.')}" in path.read_text()
    ]
    assert wrong == []
