"""What is wrong with a line: the rules of the documented formats, told for one line at a time.

`lines` finds bad lines by columns; it asks here only for those.
"""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from otelsim.signals.names import LEVELS, METRICS
from otelsim.times import EPOCH
from otelsim.world.ids import derive_ids

LOG_TEXTS = (
    "timestamp", "level", "service", "stack", "action", "user_id", "request_id", "message", "release_id", "trace_id",
    "span_id", "parent_span_id", "target_user_id", "object_type", "object_id", "error_code", "error_message",
    "error_source", "error_type", "upstream_request_id",
)  # fmt: skip
"""A log line's keys whose values are texts; ``success`` is true or false."""
NEEDED = (*LOG_TEXTS[:11], "success")
"""Those that may be neither left out nor null."""
TAGS = ("service", "stack", "action", "success", "is_write", "persona", "release_id", "object_type")
NEEDED_TAGS = ("action", "success", "is_write", "release_id")
LATEST_US = 4_102_444_800_000_000
"""2100: what is later is no time of a record, but of another unit."""
LATEST_S = LATEST_US / 1e6
MOST_DURATION_MS = 1e11
"""Three years: a span's end must be a time."""
MOST_RELEASE = 1_024
_TOO_LONG = b"\0 a line too long, from byte "
_HEX = {"trace_id": 32, "span_id": 16, "parent_span_id": 16}


def too_long(offset: int) -> bytes:
    """What stands for a line that is too long to be kept, which begins at a byte of its file's content."""
    return b"%b%d" % (_TOO_LONG, offset)


def fault_of_text(line: bytes) -> str:
    """What is wrong with a line of text as JSON; empty where it is an object."""
    if line.startswith(_TOO_LONG):
        return f"is longer than 1 MiB: it begins at byte {line.removeprefix(_TOO_LONG).decode()}"
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        return "is no UTF-8"
    except RecursionError:
        return "is nested too deeply"
    except ValueError:
        return "is no JSON" if line.strip() else "is empty"
    return "" if isinstance(value, dict) else "is no JSON object"


def fault_of_log(record: dict[str, Any]) -> str:
    """What is wrong with a log line's record; empty where nothing is."""
    for key in NEEDED:
        if record.get(key) is None:
            return f"has no {key}"
    for key in LOG_TEXTS:
        if not isinstance(record.get(key), str | None):
            return f"{key} is no text: {_shown(record[key])}"
    if not isinstance(record["success"], bool):
        return f"success is neither true nor false: {_shown(record['success'])}"
    if not _is_time(record["timestamp"]):
        return f"timestamp is no time (RFC 3339, 1970 to 2100): {_shown(record['timestamp'])}"
    if record["level"] not in LEVELS:
        return f"level is not one of {', '.join(LEVELS)}: {_shown(record['level'])}"
    return _fault_of_ids(record) or fault_of_release(record["release_id"])


def fault_of_point(record: dict[str, Any]) -> str:
    """The same for a metric line's record."""
    metric, tags = record.get("metric"), record.get("tags")
    if not isinstance(metric, str):
        return "has no metric"
    if metric not in METRICS:
        return f"unknown metric {_shown(metric)}"
    for key in ("ts", "value"):
        if not _is_number(record.get(key)):
            return f"{key} is no number: {_shown(record.get(key))}"
    if not 0 <= record["ts"] < LATEST_S:
        return f"ts is no time in seconds (1970 to 2100): {_shown(record['ts'])}"
    if metric == METRICS[0] and not 0 <= record["value"] <= MOST_DURATION_MS:
        return f"value is no duration (0 to {MOST_DURATION_MS:.0e} ms): {_shown(record['value'])}"
    if not isinstance(tags, dict):
        return "has no tags"
    return _fault_of_tags(tags) or _fault_of_exemplar(record.get("exemplar"))


# A release has many lines.
@lru_cache(maxsize=16_384)
def fault_of_release(release_id: str) -> str:
    """What is wrong with a release_id; empty where nothing is."""
    if len(release_id) > MOST_RELEASE:
        return f"release_id is longer than {MOST_RELEASE:,} characters"
    try:
        derive_ids(release_id)
    except ValueError as error:
        return f"release_id: {error}"
    return ""


def instant_us(text: str) -> int:
    """Epoch microseconds of an RFC 3339 time, UTC unless told; ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)


def _fault_of_tags(tags: dict[str, Any]) -> str:
    for key in NEEDED_TAGS:
        if tags.get(key) is None:
            return f"has no tag {key}"
    for key in TAGS:
        if not isinstance(tags.get(key), str | None):
            return f"tag {key} is no text: {_shown(tags[key])}"
    for key in ("success", "is_write"):
        if tags[key] not in ("true", "false"):
            return f"tag {key} is neither true nor false: {_shown(tags[key])}"
    return fault_of_release(tags["release_id"])


def _fault_of_exemplar(exemplar: Any) -> str:
    if exemplar is None:
        return ""
    if not isinstance(exemplar, dict) or None in (exemplar.get("trace_id"), exemplar.get("span_id")):
        return "the exemplar has no trace_id and span_id"
    return _fault_of_ids(exemplar)


def _fault_of_ids(record: dict[str, Any]) -> str:
    for key, digits in _HEX.items():
        value = record.get(key)
        if value is None and key not in NEEDED:
            continue
        if not isinstance(value, str) or not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", value) or set(value) == {"0"}:
            return f"{key} is not {digits} hexadecimal digits: {_shown(value)}"
    return ""


def _is_time(text: str) -> bool:
    try:
        return 0 <= instant_us(text) < LATEST_US
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer that no double can hold
        return False


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
