"""The Dockerfile, and what it is built from."""

import re

from .stack import FULL_VERSION, ROOT, SERVICES


def instructions(name: str) -> list[str]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"(?m)^{name} (.+)$", text)


def test_the_image_is_built_in_stages_from_a_pinned_base():
    (base,) = instructions("ARG")
    assert FULL_VERSION.search(base.removeprefix("PYTHON="))
    assert instructions("FROM") == ["${PYTHON} AS build", "${PYTHON}"]
    assert instructions("COPY")[-1].startswith("--from=build")


def test_the_image_runs_as_nobody_in_particular():
    (user,) = instructions("USER")
    uid, gid = map(int, user.split(":"))
    assert uid > 0 < gid
    assert f"--uid {uid}" in " ".join(instructions("RUN"))
    # What the demo writes lies in a volume that is given to this user.
    assert f"{uid}:{gid}" in SERVICES["volumes-owner"]["command"]
    assert "/volumes/run" in SERVICES["volumes-owner"]["command"]


def test_what_the_image_is_built_from_exists_and_is_sent_to_the_builder():
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {name for line in instructions("COPY")[:-1] for name in line.split()[:-1]}
    assert copied == sent
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_images_command_line_is_the_programs():
    assert instructions("ENTRYPOINT") == ['["otelsim"]']
