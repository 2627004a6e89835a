"""The exceptions that reach a user: each is one clear line and an exit code."""

from pathlib import Path


class OtelsimError(Exception):
    """A failure told in one line; ``exit_code`` is what the process ends with."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class InputError(OtelsimError):
    """Bad usage or input (exit code 2): nothing was written.

    ``where`` names the option or ``file:line`` that is wrong.
    """

    exit_code = 2

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = where


class FixtureErrors(InputError):
    """All faults found in a world folder, one line each, in file order."""

    def __init__(self, faults: list[InputError]) -> None:
        Exception.__init__(self, "\n".join(str(f) for f in faults))
        self.where = faults[0].where if faults else ""
        self.faults = faults


class RunError(OtelsimError):
    """The run or the check failed (exit code 1): disk, delivery, differences found."""


class Interruption(OtelsimError):
    """Somebody ended the run (exit code 130): what was made is whole."""

    exit_code = 130


def at(path: Path | str, line: int) -> str:
    """``file:line``, the way every fixture fault starts."""
    return f"{path}:{line}"


def one_line(text: str) -> str:
    """``text`` with what does not print as itself escaped: names may hold line ends, colours, halves of characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
