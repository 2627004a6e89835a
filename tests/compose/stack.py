"""docker-compose.yml as it is read."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
# Made by this project's Dockerfile, so it has no published tag.
OWN_IMAGE = "otelsim:local"
FULL_VERSION = re.compile(r":v?\d+\.\d+\.\d+(-[a-z0-9.-]+)?$")


def interpolated(text: str, variables: dict[str, str]) -> str:
    """``${NAME:-default}`` as compose reads it; a variable without a default must be given."""
    return re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", lambda m: variables.get(m[1]) or m[2] or "", text)


def here(service: str, word: str) -> str:
    """A word of a service's command, with this project's files where it names what is mounted."""
    for name, source, target, _ in mounts({}):
        if name == service and source.startswith("./"):
            word = word.replace(target, str(ROOT / source))
    return word


def mounts(variables: dict[str, str]) -> list[tuple[str, str, str, set[str]]]:
    """(service, source, target, options) of every volume."""
    found = []
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, target, options = interpolated(volume, variables).split(":")
            found.append((name, source, target, set(options.split(","))))
    return found
