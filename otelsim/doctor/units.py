"""Durations and sizes as the stores write their settings, and as people read them."""

import re

HOUR_S, DAY_S, YEAR_S = 3_600, 86_400, 365 * 86_400
MONTH_S = 31 * DAY_S
"""The stores' month. Source: VictoriaMetrics, lib/flagutil/duration.go."""
_UNITS_S = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0,
    "h": HOUR_S, "d": DAY_S, "w": 7 * DAY_S, "y": YEAR_S,
}  # fmt: skip
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w|y)")
_MONTHS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)M?")
_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(KB|MB|GB|TB|KIB|MIB|GIB|TIB)?")
_SIZES = {None: 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY_SIZES = {"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}


def duration_s(text: str) -> float:
    """Seconds of ``8760h0m0s``, ``1ms``, ``2y`` or ``1d12h``; ValueError for anything else."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"not a duration: {text!r}")
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)


def retention_s(text: str) -> float:
    """Seconds of a retention: months where there is no unit or ``M``; ValueError where it is none."""
    if months := _MONTHS.fullmatch(text):
        return float(months[1]) * MONTH_S
    return duration_s(text)


def size_bytes(text: str) -> int:
    """Bytes of ``67108864`` or ``64MiB``; ValueError for anything else."""
    found = _SIZE.fullmatch(text.upper())
    if not found:
        raise ValueError(f"not a size: {text!r}")
    return int(float(found[1]) * (_SIZES | _BINARY_SIZES)[found[2]])


def shown_days(seconds: float, up: bool = False) -> str:
    """``365 days``, whole ones, rounded down (or up)."""
    days = -int(-seconds // DAY_S) if up else int(seconds // DAY_S)
    return f"{days:,} day{'' if days == 1 else 's'}"
