"""Dates, instants and durations as users write them; no clock."""

import re
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?")
LATEST_S = 253_370_764_800
"""9999-01-01: all instants have four-digit years."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def duration_s(text: str) -> int:
    """Seconds of ``7d``, ``1d12h``, ``90m`` or ``300s``; ValueError for anything else or nothing."""
    match = _DURATION.fullmatch(text.strip())
    if not text.strip() or match is None:
        raise ValueError(f"not a duration: {text!r} (write 7d, 12h, 90m or 300s)")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = days * 86_400 + hours * 3_600 + minutes * 60 + seconds
    if not 0 < total < LATEST_S:
        raise ValueError(f"a duration must be over 0 and under 8,000 years: {text!r}")
    return total


def offset_s(text: str) -> int:
    """Seconds of ``+2d6h`` or ``+0s``, the time after a run's start; ValueError for anything else."""
    return 0 if re.fullmatch(r"\+0+[dhms]", text) else duration_s(text[1:])


def instant_s(text: str) -> int:
    """Epoch seconds of ``2025-03-03`` or ``2025-03-03T10:00:00Z`` (UTC unless told); ValueError for anything else."""
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(f"not a date: {text!r} (write 2025-03-03 or 2025-03-03T10:00:00Z)")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise ValueError(f"no such date: {text!r}") from None
    if not 0 <= seconds < LATEST_S:
        raise ValueError(f"a date must be from 1970 to 9998: {text!r}")
    return seconds


def rfc3339(seconds: int) -> str:
    """``2025-03-03T00:00:00Z`` of epoch seconds."""
    return f"{(EPOCH + timedelta(seconds=seconds)):%Y-%m-%dT%H:%M:%SZ}"


def rfc3339_us(microseconds: int) -> str:
    """``2025-03-03T00:00:00.000000Z`` of epoch microseconds."""
    return f"{(EPOCH + timedelta(microseconds=microseconds)):%Y-%m-%dT%H:%M:%S.%fZ}"


def weekday_hour(epoch_s: int) -> int:
    """The hour of the week, 0..167, Monday 00 UTC = 0 (1970-01-01 was a Thursday)."""
    return (epoch_s // 3_600 + 72) % 168
