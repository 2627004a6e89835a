"""A canary in every place of a real command that may hold a secret: where it is while the command runs, and after."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import psutil
import pytest

from tests.command import OTELSIM, WEEK, otelsim
from tests.hostile.judging import below
from tests.sinks.otlp.receiver import HttpReceiver, Step
from tests.sinks.otlp.test_secrets import CANARY, PLACES, places

SECRETS = (CANARY, b64encode(f"{CANARY}:{CANARY}-2".encode()).decode())
PARENT, OTHERS = "the parent's line", "another's line"
IN_PARENTS_LINE = {"flag", "user info"}
LIMIT_S = 100
ENDS = ("arrives", "refused", "nobody there", "worker killed")


class Watch:
    """Where secrets are seen while a command runs: command lines of its processes, and files below folders."""

    def __init__(self, run: subprocess.Popen[str], folders: list[Path]) -> None:
        self.run, self.folders = run, folders
        self.found: set[str] = set()
        self.lines: set[tuple[int, str]] = set()
        self.files: set[Path] = set()

    def look(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.run.pid)
            for process in (parent, *parent.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    self._line(process.pid, " ".join(process.cmdline()))
        for path in (p for folder in self.folders for p in below(folder)):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    self._file(path, path.read_bytes())

    def _line(self, pid: int, line: str) -> None:
        if line:
            self.lines.add((pid, line))
            if any(secret in line for secret in SECRETS):
                self.found.add(PARENT if pid == self.run.pid else OTHERS)

    def _file(self, path: Path, data: bytes) -> None:
        self.files.add(path)
        if any(secret.encode() in data for secret in SECRETS):
            self.found.add(path.name)

    def until_the_end(self, kill: bool = False) -> tuple[str, str]:
        """Look again and again; what the command said at its end."""
        deadline = time.monotonic() + LIMIT_S
        while self.run.poll() is None:
            self.look()
            if time.monotonic() > deadline:
                self.run.kill()
                raise AssertionError(f"it hangs: {self.run.communicate()}")
            if kill:
                kill = not self.killed()
            time.sleep(0.05)
        self.look()
        return self.run.communicate()

    def killed(self) -> bool:
        """Kill a worker, as soon as there is one: it is a child of the process that it was forked from."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.run.pid).children():
                for worker in child.children():
                    worker.send_signal(signal.SIGKILL)
                    return True
        return False


def command(place: str, url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Words and variables with the canary in a place."""
    options, variables = places(folder, url)[place]
    words = [*OTELSIM, "generate", "300", "50", *WEEK, "--workers", "2", "--sink", "otlp", "--json"]
    for name, given in options.items():
        words += [word for value in ([given] if isinstance(given, str) else given) for word in (f"--{name}", value)]
    return words, variables


def closed_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return f"http://127.0.0.1:{held.getsockname()[1]}"


def begin(words: list[str], variables: dict[str, str], folder: Path) -> Watch:
    """The command, started in an empty folder, with one of its own for temporary files."""
    for name in ("here", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    env = {**os.environ, **variables, "TMPDIR": str(folder / "tmp")}
    run = subprocess.Popen(words, cwd=folder / "here", env=env, stdout=-1, stderr=-1, text=True)
    return Watch(run, [folder / "here", folder / "tmp"])


CASES = [
    *zip(PLACES, ("refused", "worker killed", "nobody there", "refused", "arrives"), strict=True),
    *(pytest.param(place, end, marks=pytest.mark.slow) for place in PLACES for end in ENDS),
]


@pytest.mark.parametrize(("place", "end"), CASES)
def test_the_canary_is_nowhere(tmp_path, place, end):
    with contextlib.closing(HttpReceiver()) as receiver:
        url = closed_url() if end == "nobody there" else receiver.url
        words, variables = command(place, url, tmp_path)
        echo = CANARY if "user" not in place else SECRETS[1]
        if end == "refused":
            rejecting = Step(rejected=1, text=f"welcome {echo}")
            receiver.script(rejecting, rejecting, otherwise=Step(status=401, text=f"no {echo}"))
        elif end == "worker killed":
            receiver.script(otherwise=Step(delay_s=0.05, text=f"welcome {echo}"))
        if end == "nobody there":
            words += ["--give-up-after", "1"]
        watch = begin(words, variables, tmp_path)
        out, err = watch.until_the_end(kill=end == "worker killed")
        headers = [{k.lower(): v for k, v in a.headers.items()} for a in receiver.arrivals]
    assert all(echo in each["authorization"] for each in headers)
    assert bool(headers) == (end != "nobody there")
    assert not [secret for secret in SECRETS if secret in out + err]
    assert "Traceback" not in err
    assert watch.found == ({PARENT} if place in IN_PARENTS_LINE else set())
    assert ("stands in the process list" in err) == (place in IN_PARENTS_LINE)
    assert end == "worker killed" or watch.run.returncode == (0 if end == "arrives" else 1), err
    looked = {path.name for path in watch.files}
    print(f"{place}, {end}: in none of {len(watch.files)} files, nor of {len(watch.lines)} command lines but as told")
    assert {"tables", "journal.jsonl"} <= looked
    assert end != "arrives" or {"manifest.json", "summary.json"} <= looked
    assert len(watch.lines) >= 4


def test_nor_where_a_run_is_resumed(refused, tmp_path):
    """A secret is kept nowhere: it has to be given again."""
    words, variables = command("file", closed_url(), tmp_path)
    watch = begin([*words, "--give-up-after", "0.5"], variables, tmp_path)
    watch.until_the_end()
    assert watch.run.returncode == 1
    run, header = tmp_path / "here" / "otelsim-run", words[words.index("--header") + 1]
    with contextlib.closing(HttpReceiver()) as receiver:
        line = refused("resume", run, "--endpoint", receiver.url)
        again = begin([*OTELSIM, "resume", str(run), "--endpoint", receiver.url, "--header", header], {}, tmp_path)
        out, err = again.until_the_end()
        assert again.run.returncode == 0, err
        assert all(a.headers["authorization"] == f"Bearer {CANARY}" for a in receiver.arrivals)
        assert receiver.served > 300
    assert line == "--header: the run was sent with the header authorization: give it again"
    assert watch.found == again.found == set()
    assert CANARY not in out + err
    print(f"resumed: in none of {len(again.files)} files, nor of {len(again.lines)} command lines")
    assert {"manifest.json", "journal.jsonl"} <= {path.name for path in again.files}


def test_a_canary_that_gets_out_is_seen(tmp_path):
    child = f"import time; time.sleep(1); '{CANARY}'"
    leak = f"import subprocess, sys; open('leak', 'w').write('{SECRETS[1]}')"
    code = f"{leak}; subprocess.run([sys.executable, '-c', \"{child}\"])"
    watch = begin([sys.executable, "-c", code], {}, tmp_path)
    watch.until_the_end()
    assert watch.found == {PARENT, OTHERS, "leak"}


@pytest.mark.parametrize("host", ["192.0.2.1", "127.1", "example.org"])
@pytest.mark.parametrize("place", PLACES)
def test_credentials_do_not_go_to_another_host_in_the_clear(refused, monkeypatch, tmp_path, place, host):
    words, variables = command(place, f"http://{host}:1", tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    line = refused(*words[len(OTELSIM) :])
    assert f"the header authorization would go to {host} in the clear: use https or --allow-insecure-auth" in line
    assert CANARY not in line


def test_unless_it_is_allowed(tmp_path):
    """``127.1`` is this machine, but nobody can tell that from the name."""
    with contextlib.closing(HttpReceiver()) as receiver:
        words, variables = command("file", receiver.url.replace("localhost", "127.1"), tmp_path)
        done = otelsim(*words[len(OTELSIM) :], "--allow-insecure-auth", "--quiet", env=variables, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert receiver.served > 0
