"""``python -m otelsim``, and the console script."""

from otelsim.cli import main
from otelsim.runner.forking import without_scipy


def program() -> None:
    """The command, in a process of its own."""
    without_scipy()
    main()


if __name__ == "__main__":
    program()
