"""Each sender's best setting, found by trying: one choice after the other, what was best before kept."""

from collections.abc import Callable
from typing import Any

Setting = dict[str, Any]
Choices = dict[str, list[Any]]


def first(choices: Choices) -> Setting:
    """What is expected to be best: the first of every choice."""
    return {name: values[0] for name, values in choices.items()}


def best(choices: Choices, rate: Callable[[Setting], float]) -> Setting:
    """The setting that had the highest rate."""
    kept = first(choices)
    highest = rate(kept)
    for name, values in choices.items():
        for value in values[1:]:
            tried = {**kept, name: value}
            if (found := rate(tried)) > highest:
                kept, highest = tried, found
    return kept


def described(setting: Setting) -> str:
    return ", ".join(f"{name} {value:,}" if isinstance(value, int) else str(value) for name, value in setting.items())
