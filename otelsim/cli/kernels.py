"""Compiled kernels, before anything needs them."""

from collections.abc import Callable

_ABOUT_S = {"lines": "about 20 s", "otlp": "about 40 s", "replay": "about 25 s"}


def ensure_compiled(say: Callable[[str], None], kernels: str = "lines") -> None:
    """Compile this version's kernels (see `runner.pool`) if that has not been done, and say so: it takes a while."""
    from otelsim.runner.pool import compile_kernels, kernels_are_compiled

    if not kernels_are_compiled(kernels):
        say(f"compiling kernels, once for this version ({_ABOUT_S[kernels]})")
        compile_kernels(kernels)
