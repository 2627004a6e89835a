"""Hosts on one machine: network namespaces of their own, each with its own address, on a bridge of ours."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

NET = "10.213.77"


class Host(NamedTuple):
    """A namespace, and its address."""

    name: str
    address: str

    def command(self, *words: str) -> list[str]:
        """What runs a command there."""
        return ["ip", "netns", "exec", self.name, *words]


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextmanager
def hosts(count: int) -> Iterator[tuple[str, list[Host]]]:
    """Our own address on the bridge, and so many hosts beside us."""
    mark = f"{os.getpid() % 100_000}"
    bridge, made = f"ob{mark}", [Host(f"oh{mark}-{n}", f"{NET}.{10 + n}") for n in range(count)]
    try:
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{NET}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for n, host in enumerate(made):
            outside, inside = f"ov{mark}-{n}", f"oi{mark}-{n}"
            _ip("netns", "add", host.name)
            _ip("link", "add", outside, "type", "veth", "peer", "name", inside)
            _ip("link", "set", inside, "netns", host.name)
            _ip("link", "set", outside, "master", bridge, "up")
            _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", inside)
            _ip("-n", host.name, "link", "set", inside, "up")
            _ip("-n", host.name, "link", "set", "lo", "up")
        yield f"{NET}.1", made
    finally:
        for host in made:
            subprocess.run(["ip", "netns", "del", host.name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", bridge], check=False, capture_output=True)
