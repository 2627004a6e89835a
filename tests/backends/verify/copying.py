"""A run copied from one store into another, which has settings of its own and may not keep all of it."""

from urllib.parse import urlencode

import urllib3

from tests.backends.stores import VictoriaLogs, VictoriaMetrics


def copy_samples(source: VictoriaMetrics, target: VictoriaMetrics, run_id: str, names: str = ".*") -> None:
    """Every series of a run, with its labels; ``names`` is a pattern of metrics."""
    source.flush()
    asked = {"match[]": f'{{__name__=~"{names}",otelsim_run_id="{run_id}"}}', "start": 0, "end": 4e9}
    _post(f"{target.url}/api/v1/import/native", source.ask("/api/v1/export/native", **asked).data)
    target.flush()


def copy_rows(source: VictoriaLogs, target: VictoriaLogs, run_id: str, **parameters: str) -> None:
    """Every row of a run, with its fields; ``parameters`` are those of the inserting."""
    source.flush()
    rows = source.ask("/select/logsql/query", query=f'"otelsim.run.id":="{run_id}"').data
    asked = {"_stream_fields": "environment,region,service_id", "_time_field": "_time", "_msg_field": "_msg"}
    _post(f"{target.url}/insert/jsonline", rows, {**asked, **parameters})
    target.flush()


def _post(url: str, body: bytes, fields: dict[str, str] | None = None) -> None:
    query = f"?{urlencode(fields)}" if fields else ""
    with urllib3.PoolManager() as pools:
        answer = pools.request("POST", url + query, body=body)
    assert answer.status in (200, 204), answer.data
