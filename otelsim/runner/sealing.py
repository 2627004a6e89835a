"""Values that end with a digest of all else that they say, so that what is torn or altered is known."""

import json
from collections.abc import Callable
from typing import Any

import xxhash

SEAL = "check"
"""The key of the digest."""


def sealed(values: dict[str, Any], digest: Callable[[bytes], str] = xxhash.xxh3_128_hexdigest) -> dict[str, Any]:
    """``values`` with their digest behind them; those that have the right one already are not changed."""
    said = {key: value for key, value in values.items() if key != SEAL}
    return {**said, SEAL: digest(text(said))}


def text(values: dict[str, Any]) -> bytes:
    """JSON as it is digested."""
    return json.dumps(values, separators=(",", ":")).encode()
