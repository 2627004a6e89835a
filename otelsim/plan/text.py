"""A plan for people."""

from typing import Any

Row = tuple[str, str, str]


def render_text(planned: dict[str, Any]) -> str:
    """A table of what, how much, and what that means."""
    rows = [*_scenario(planned), *_records(planned), *_bytes(planned), *_series(planned), *_time(planned)]
    first, second = (max(len(row[i]) for row in rows) for i in (0, 1))
    return "\n".join(f"{name:<{first}}  {value:>{second}}  {note}".rstrip() for name, value, note in rows)


def _scenario(planned: dict[str, Any]) -> list[Row]:
    scenario, span = planned["scenario"], planned["range"]
    days = span["seconds"] / 86_400
    what = f"seed {scenario['seed']}, {scenario['total_users']:,} users, world {scenario['world']}"
    return [
        ("scenario", scenario["name"], what),
        ("days", f"{days:,.2f}".rstrip("0").rstrip("."), f"{span['start']} to {span['end']}"),
        ("slices", f"{span['slices']:,}", f"{_time_of(span['seconds'] / span['slices'])} each, about"),
        ("incidents", f"{span['incidents']:,}", "in that time"),
    ]


def _records(planned: dict[str, Any]) -> list[Row]:
    counts, places = planned["counts"], planned["deployments"]
    often = f"one a deployment every {_time_of(places['seconds_between_points'])}"
    notes = {"points": f"{places['points_each']:,.0f} a deployment ({places['count']:,} of them), {often}"}
    return [(name, f"{n:,}", notes.get(name, "")) for name, n in counts.items()]


def _bytes(planned: dict[str, Any]) -> list[Row]:
    content, pressed = planned["bytes"], planned["compressed_bytes"]
    split = ", ".join(f"{name} {_size(n)}" for name, n in content.items())
    rows = [("bytes", _size(sum(content.values())), split)]
    for compression, sizes in pressed.items():
        times = sum(content.values()) / max(1, sum(sizes.values()))
        rows.append((f"with {compression}", _size(sum(sizes.values())), f"{times:.1f} times smaller, by a sample"))
    return rows


def _series(planned: dict[str, Any]) -> list[Row]:
    series = planned["series"]
    pace = f"at {series['new_series_per_second']:,} new series a second"
    kinds = {"points": "OTLP points, without the persona", "lines": "metric lines, with it"}
    return [
        (f"series ({name})", f"{series[name]:,}", f"{_time_of(series[f'{name}_seconds'])} {pace}: {what}")
        for name, what in kinds.items()
    ]


def _time(planned: dict[str, Any]) -> list[Row]:
    guess = planned["estimate"]
    each = f"{guess['requests_per_second_and_worker']:,} requests a second each"
    return [
        ("time", _time_of(guess["seconds"]), f"an estimate: {guess['workers']} workers, {each}, start and disk aside"),
        ("", "", f"to be written at {_size(guess['bytes_per_second'])} a second, or the disk decides"),
    ]


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def _time_of(seconds: float) -> str:
    """Two places at most: 1 h 02 min, 3 min 20 s, 12.5 s, 40 ms."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02d} s"
    hours = f"{whole // 3_600 % 24} h {whole % 3_600 // 60:02d} min"
    return hours if whole < 86_400 else f"{whole // 86_400:,} d {whole // 3_600 % 24} h"
