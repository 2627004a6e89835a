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


def line_of(values: dict[str, Any]) -> bytes:
    """A line of JSON that ends with the digest (xxh3_64) of what it says."""
    return text(sealed(values, xxhash.xxh3_64_hexdigest)) + b"\n"


def read_line(line: bytes) -> dict[str, Any] | None:
    """A line's values, None where it does not say what was written."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or sealed(values, xxhash.xxh3_64_hexdigest) != values:
        return None
    del values[SEAL]
    return values
