"""Every path that a command and its processes write to, make, rename or remove, as Python's audit hooks see it."""

import os
from pathlib import Path

HOOK = """
import os, sys
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# Where the path stands in an event's arguments, and the open folder that it counts from.
TAKEN = {"os.mkdir": (0, 2), "os.remove": (0, 1), "os.rmdir": (0, 1), "os.rename": (1, 3), "os.link": (1, 3),
         "os.symlink": (1, 2), "os.truncate": (0, None), "open": (0, None)}
def place(path, folder):
    base = os.fsencode(os.readlink(f"/proc/self/fd/{folder}")) if folder is not None and folder >= 0 else b""
    path = os.path.join(base, os.fsencode(path))
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
def hear(event, args):
    if event in TAKEN and not (event == "open" and not args[2] & WRITING):
        at, folder = TAKEN[event]
        if isinstance(args[at], (str, bytes, os.PathLike)):
            os.write(record, place(args[at], None if folder is None else args[folder]) + b"\\0")
record = os.open(os.environ["WRITES_RECORD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
sys.addaudithook(hear)
"""
NO_RECORDS = ("/dev/null", "/dev/tty")


class Writes:
    """The hook in a folder of its own; ``env`` lets a command be heard."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.record = folder / "record"
        (folder / "sitecustomize.py").write_text(HOOK)
        self.env = {"PYTHONPATH": str(folder), "WRITES_RECORD": str(self.record), "PYTHONDONTWRITEBYTECODE": "1"}

    def paths(self) -> set[Path]:
        """What was written to, but for nowhere, and for the counts of a run under coverage."""
        found = {os.fsdecode(one) for one in self.record.read_bytes().split(b"\0") if one}
        return {Path(p) for p in found if p not in NO_RECORDS and not Path(p).name.startswith(".coverage")}
