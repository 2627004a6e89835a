"""When a name is absent: found among rules by trying them on every call of the sample, not written down by hand."""

from collections.abc import Callable, Iterable

from otelsim.signals import conventions
from tests.wire.sdk.runs import Told

Rule = Callable[[Told], bool]


def _source(told: Told) -> str:
    return told.log["error_source"] or ""


def _tag(told: Told, name: str) -> str:
    return told.metrics[0]["tags"][name]


ABSENT: dict[str, Rule] = {
    "never": lambda told: False,
    "in children": lambda told: not told.is_root,
    "in roots": lambda told: told.is_root,
    "in successes": lambda told: told.log["success"],
    "where the level is INFO or WARN": lambda told: told.log["level"] != "ERROR",
    "unless a dependency failed": lambda told: not _source(told).startswith("dependency:"),
    "where there is no object": lambda told: told.log["object_type"] is None,
    "where no user is meant": lambda told: told.log["target_user_id"] is None,
    "in failures and writes": lambda told: not told.log["success"] or _tag(told, "is_write") == "true",
    "where the target is no cluster": lambda told: told.log["release_id"].split(":")[5] not in conventions._CLUSTERS,
}
"""Of which calls a name is absent."""


def absent(name: str, present: Iterable[tuple[Told, bool]]) -> str:
    """The first rule that says of every call whether it has the name. Raises ValueError where none does."""
    pairs = list(present)
    for rule, is_absent in ABSENT.items():
        if all(is_absent(told) != has for told, has in pairs):
            return rule
    raise ValueError(f"no rule says when {name} is absent")
