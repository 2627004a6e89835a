"""Compiled kernels, before anything needs them."""

from collections.abc import Callable


def ensure_compiled(say: Callable[[str], None]) -> None:
    """Compile this version's kernels if that has not been done, and say so: it takes a while."""
    from otelsim.runner.pool import compile_kernels, kernels_are_compiled

    if not kernels_are_compiled():
        say("compiling kernels, once for this version (about 20 s)")
        compile_kernels()
