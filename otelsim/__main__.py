"""``python -m otelsim``, and the console script."""

import sys

from otelsim.cli import main


def program() -> None:
    """The command, in a process of its own."""
    # numba would load scipy, where there is one, for the BLAS that no kernel of ours calls: a tenth of a second.
    sys.modules.setdefault("scipy", None)  # type: ignore[arg-type]
    main()


if __name__ == "__main__":
    program()
