"""Parquet and JSON lines of a run, both asked by DuckDB: counts, sums of all numbers, digests of ids and texts."""

from pathlib import Path

import duckdb

_BOTH = ("level", "service", "stack", "action", "user_id", "success", "release_id", "target_user_id", "object_type")
_BOTH += ("object_id", "error_code", "error_message", "error_source", "error_type")
_KEYS = ("timestamp", "request_id", "message", "trace_id", "span_id", "parent_span_id", "upstream_request_id")
_TAGS = ("service", "stack", "action", "success", "is_write", "persona", "release_id", "object_type")
TEXTS = ", ".join(f"{name}: 'VARCHAR'" for name in (*_BOTH, *_KEYS) if name != "success")
STRUCT = f"STRUCT({', '.join(f'{name} VARCHAR' for name in _TAGS)})"
IDS = "lower(hex({0}trace_id)) AS trace_id, lower(hex({0}span_id)) AS span_id"
LINES = {
    "logs": f"""SELECT epoch_us(timestamp::TIMESTAMPTZ) AS us, message AS body, {", ".join(_BOTH)}, request_id,
        trace_id, span_id, parent_span_id AS parent, upstream_request_id AS upstream
        FROM read_json('FOLDER/logs_*', columns={{{TEXTS}, success: 'BOOLEAN'}})""",
    "metrics": f"""SELECT round(ts * 1e6)::BIGINT AS us, metric, value, {", ".join(f"tags.{name}" for name in _TAGS)},
        exemplar.trace_id AS trace_id, exemplar.span_id AS span_id
        FROM read_json('FOLDER/metrics_*', columns={{metric: 'VARCHAR', ts: 'DOUBLE', value: 'DOUBLE',
        tags: '{STRUCT}', exemplar: 'STRUCT(trace_id VARCHAR, span_id VARCHAR)'}})""",
}
PARQUET = {
    "logs": f"""SELECT epoch_us(time::TIMESTAMPTZ) AS us, body, {", ".join(_BOTH)},
        'req_' || lower(hex(request_id)) AS request_id,
        {IDS.format("")}, lower(hex(parent_span_id)) AS parent, 'req_' || lower(hex(upstream_request_id)) AS upstream
        FROM read_parquet('FOLDER/logs/*/*.parquet')""",
    "metrics": f"""SELECT epoch_us(time::TIMESTAMPTZ) AS us, metric, value, {", ".join(_TAGS)},
        {IDS.format("exemplar_")}
        FROM read_parquet('FOLDER/metrics/*/*.parquet')""",
}
NUMBERS = ("us", "value")


def facts(folder: Path, tables: dict[str, str]) -> dict[str, dict[str, object]]:
    """By signal and column: how often there is something, and the sum of numbers or a digest of texts."""
    return {signal: _facts(query.replace("FOLDER", str(folder))) for signal, query in tables.items()}


def _facts(query: str) -> dict[str, object]:
    columns = [row[0] for row in duckdb.sql(f"DESCRIBE {query}").fetchall()]
    asked = ["count(*)"]
    for name in columns:
        # Time and span are part of what is digested, so that a text must stand in its own row.
        asked.append(f"count({name})")
        asked.append(f"round(sum({name}), 2)" if name in NUMBERS else f"sum(hash(us, span_id, {name}::VARCHAR))")
    answer = duckdb.sql(f"SELECT {', '.join(asked)} FROM ({query})").fetchall()[0]
    pairs = zip(answer[1::2], answer[2::2], strict=True)
    return {"records": answer[0], **dict(zip(columns, pairs, strict=True))}
