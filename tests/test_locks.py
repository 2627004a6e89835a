"""requirements/: whole, in step with pyproject.toml, and all that the image and CI install from."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"]
SDK = PROJECT["project"]["optional-dependencies"]["sdk"]
BUILD = PROJECT["build-system"]["requires"] + PROJECT["dependency-groups"]["build"]
NEEDED = {
    "build.txt": BUILD,
    "image.txt": RUNTIME,
    "ci.txt": RUNTIME + SDK + BUILD + PROJECT["dependency-groups"]["test"],
}
PINNED = re.compile(r"([\w.-]+)==([\w.!+]+)(?: ; [^;#]+?)?((?: --hash=sha256:[0-9a-f]{64})+)")
HASH = "--hash=sha256:" + "0f" * 32
INSTALLING = re.compile(r"\bpip\b.* (?:install|wheel|download) ")


def text_of(name: str) -> str:
    return (FOLDER / name).read_text()


def logical_lines(text: str) -> list[str]:
    """What pip reads: no comments, continued lines joined."""
    joined = re.sub(r"\s*\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    return [line.strip() for line in joined.splitlines() if line.strip()]


def loose_lines(text: str) -> list[str]:
    """Lines that are anything but one version of a package with its hashes, and addresses, also in comments."""
    addresses = [line for line in text.splitlines() if "://" in line]
    return addresses + [line for line in logical_lines(text) if not PINNED.fullmatch(line)]


def versions(text: str) -> dict[str, str]:
    """The locked version of each package, by its canonical name."""
    found = (PINNED.fullmatch(line) for line in logical_lines(text))
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def unmet(needed: list[str], locked: dict[str, str]) -> list[str]:
    """Requirements that the locked versions do not meet."""
    return [each for each in needed if not _is_met(Requirement(each), locked)]


def _is_met(wanted: Requirement, locked: dict[str, str]) -> bool:
    version = locked.get(canonicalize_name(wanted.name))
    return version is not None and wanted.specifier.contains(version, prereleases=True)


def at_odds(part: dict[str, str], whole: dict[str, str]) -> list[str]:
    """Packages that ``whole`` lacks or has in another version."""
    return [name for name, version in part.items() if whole.get(name) != version]


def commands(script: str) -> list[str]:
    """The commands of a shell script or a Dockerfile that have pip install or build something."""
    lines = re.split(r"\n|&&|;", re.sub(r"(?m)^\s*#.*$", "", script).replace("\\\n", " "))
    return [" ".join(line.split()) for line in lines if INSTALLING.search(line)]


def unlocked(script: str) -> list[str]:
    """Commands that may install what no lock names: anything but a lock's wheels and this project by itself."""
    return [c for c in commands(script) if not (takes_a_lock(c) or takes_the_project_alone(c))]


def takes_a_lock(command: str) -> bool:
    # A package that has to be built would have what builds it fetched, which no lock names.
    # What a lock names is all that there is to install: pip, left to look for more, wants `coverage[toml]` in the
    # newest version where the lock has `coverage` in another.
    wheels = all(option in command for option in ("--require-hashes", "--only-binary :all:", "--no-deps"))
    named = re.search(r"--requirement requirements/(\S+)$", command)
    return wheels and named is not None and named[1] in NEEDED


def takes_the_project_alone(command: str) -> bool:
    # What is not built needs nothing that builds it.
    built_of_what_is_there = "--no-build-isolation" in command and command.endswith(" .")
    return "--no-deps" in command and (built_of_what_is_there or command.endswith(" /wheels/*.whl"))


@pytest.mark.parametrize("name", NEEDED)
def test_each_line_of_a_lock_is_one_version_with_its_hashes(name):
    assert loose_lines(text_of(name)) == []
    lines = logical_lines(text_of(name))
    print(f"{name}: {len(lines)} packages, {text_of(name).count('--hash')} hashes")
    assert len(lines) == len(versions(text_of(name))) >= len(NEEDED[name]) - 1


@pytest.mark.parametrize(
    "line",
    [
        "numpy==2.4.6",
        f"numpy>=2.4.6 {HASH}",
        f"numpy {HASH}",
        f"numpy==2.4.* {HASH}",
        f"numpy==2.4.6 {HASH[:-1]}",
        "numpy==2.4.6 --hash=md5:" + "0f" * 16,
        f"numpy @ file:///tmp/numpy.whl {HASH}",
        "--index-url=somewhere",
        "--find-links wheels",
        "-e .",
        "-r other.txt",
        "# of https://example.org/simple",
    ],
)
def test_another_line_in_a_lock_is_seen(line):
    good = f"# a comment\nnumpy==2.4.6 ; python_version < '3.14' \\\n    {HASH} \\\n    {HASH}\n    # via otelsim\n"
    assert loose_lines(good) == []
    assert set(loose_lines(f"{good}{line}\n")) == {line}


@pytest.mark.parametrize("name", NEEDED)
def test_a_lock_meets_what_the_project_asks_for(name):
    assert unmet(NEEDED[name], versions(text_of(name))) == []
    print(f"{name}: {len(NEEDED[name])} requirements met")


@pytest.mark.parametrize("name", NEEDED)
def test_a_requirement_that_a_lock_does_not_meet_is_seen(name):
    locked = versions(text_of(name))
    for package in (canonicalize_name(Requirement(each).name) for each in NEEDED[name]):
        lacking = unmet(NEEDED[name], {each: version for each, version in locked.items() if each != package})
        assert {canonicalize_name(Requirement(each).name) for each in lacking} == {package}
        assert unmet([f"{package}>{locked[package]}"], locked) == [f"{package}>{locked[package]}"]


@pytest.mark.parametrize("name", ["build.txt", "image.txt"])
def test_the_tests_run_with_what_the_image_has_and_is_built_with(name):
    part, whole = versions(text_of(name)), versions(text_of("ci.txt"))
    assert at_odds(part, whole) == []
    for package in part:
        assert at_odds({**part, package: "0"}, whole) == [package]


@pytest.mark.parametrize(("script", "locks"), [("Dockerfile", 2), ("tests/run.sh", 1)])
def test_nothing_is_installed_but_what_is_locked(script, locks):
    text = (ROOT / script).read_text()
    assert unlocked(text) == []
    assert [takes_a_lock(command) for command in commands(text)].count(True) == locks
    assert len(commands(text)) > locks


@pytest.mark.parametrize(
    "command",
    [
        "python -m pip install --quiet --upgrade 'pip>=25.1'",
        'pip install --editable ".[sdk]" --group test',
        "pip install --only-binary :all: --no-deps --requirement requirements/ci.txt",
        "pip install --require-hashes --no-deps --requirement requirements/ci.txt",
        "pip install --require-hashes --only-binary :all: --no-deps --requirement elsewhere.txt",
        "pip install --require-hashes --only-binary :all: --requirement requirements/ci.txt",
        "pip install --require-hashes --only-binary :all: --no-deps --requirement requirements/ci.txt numpy",
        "pip install --no-deps --editable .",
        "pip install --no-build-isolation --editable .",
        "pip wheel --no-deps --wheel-dir /wheels .",
        "pip install --no-deps numpy",
        "true && pip --python venv/bin/python \\\n  install /wheels/*.whl",
    ],
)
def test_a_command_that_installs_more_is_seen(command):
    good = (
        "pip install --require-hashes --only-binary :all: --no-deps --requirement requirements/ci.txt\n# pip install\n"
    )
    assert unlocked(good) == []
    assert len(unlocked(good + command)) == 1


VULNERABLE = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2"]}]}
SOUND = {"name": "b", "version": "1", "vulns": []}
UNTOLD = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("report", "code", "said"),
    [
        ([SOUND, SOUND], 0, "2 packages audited, 0 with known vulnerabilities"),
        ([SOUND, VULNERABLE], 1, "a 1: PYSEC-1, fixed in 1.1, 2"),
        ([UNTOLD, VULNERABLE], 1, "nothing is known of 1 of 2 packages: not found"),
        ([SOUND, UNTOLD], 3, "nothing is known of 1 of 2 packages: not found"),
        ([UNTOLD, UNTOLD], 3, "0 packages audited, 0 with known vulnerabilities"),
        ([], 3, "0 packages audited"),
        (None, 3, "nothing is known: no route"),
    ],
)
def test_the_audit_is_passed_by_packages_that_were_looked_at_only(tmp_path, report, code, said):
    """pip-audit says that it knows of no vulnerability, and ends well, where it could look up none of the packages."""
    told = f"print({json.dumps({'dependencies': report})!r})" if report is not None else "sys.exit('no route')"
    (tmp_path / "pip_audit.py").write_text(f"import sys\nassert {str(FOLDER / 'ci.txt')!r} in sys.argv\n{told}\n")
    command = [sys.executable, str(FOLDER / "audit.py")]
    environ = {"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert ended.returncode == code, ended.stderr
    assert said in ended.stdout
