"""The page's file: written beside its place, then given its name, so that none is ever half there."""

import os
from pathlib import Path

from otelsim.errors import InputError
from otelsim.runner.worker import PART
from otelsim.sinks.files import MODE, failure, publish
from otelsim.sinks.places import put
from otelsim.sinks.places.paths import place_and_name
from otelsim.world.finding import is_folder

NAME = "report.html"


def check_place(path: Path) -> None:
    """InputError where no file can be written: better now than when all is counted."""
    if there := place_and_name(path):
        place, name = there
        if not name:
            raise InputError("--output", f"{path} is a folder: name a file")
        place.check(writing=True)
        return
    if is_folder(path):
        raise InputError("--output", f"{path} is a folder: name a file")
    if "\0" in path.name or not is_folder(path.parent):
        raise InputError("--output", f"{path} has no place: its folder is none, or its name is no name")


def write(path: Path, text: str) -> None:
    """Write the file; RunError where that fails."""
    if there := place_and_name(path):
        put(*there, text.encode())
        return
    part = path.with_name(path.name + PART)
    try:
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise failure(part, error) from None
    publish(part, path)
