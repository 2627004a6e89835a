"""A table a signal of some calls."""

import numpy as np
import pyarrow as pa

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.signals.names import METRICS
from otelsim.wire.parquet.batch import Batch
from otelsim.wire.parquet.coding import Array, where
from otelsim.wire.parquet.known import Known
from otelsim.wire.parquet.schema import SCHEMAS

_VALUES = (o.DURATION, o.REQUEST_SIZE, o.RESPONSE_SIZE, o.QUERY_COUNT, o.CACHE)
"""Where the metrics' values are, in the order of `names.METRICS`."""
_CACHE = METRICS.index("cache_hit")


def tables(known: Known, calls: Int64s) -> dict[str, pa.Table]:
    """Spans, log records and points of calls, int64[24, n], in their order."""
    batch = Batch(known, calls)
    return {"traces": _records(batch, "traces"), "logs": _records(batch, "logs"), "metrics": _points(batch)}


def _records(batch: Batch, signal: str) -> pa.Table:
    schema = SCHEMAS[signal]
    return pa.Table.from_arrays([batch.column(name) for name in schema.names], schema=schema)


def _points(batch: Batch) -> pa.Table:
    """A row a metric of each call that has it, the metrics of a call one after the other."""
    calls, most = batch.calls, len(METRICS)
    there = np.ones((calls.shape[1], most), np.bool_)
    there[:, _CACHE] = calls[o.CACHE] >= 0
    row, metric = np.nonzero(there)
    own = _own(batch, row, metric)
    schema, rows = SCHEMAS["metrics"], pa.array(row)
    return pa.Table.from_arrays(
        [own[name] if name in own else batch.column(name).take(rows) for name in schema.names], schema=schema
    )


def _own(batch: Batch, row: Int64s, metric: Int64s) -> dict[str, Array]:
    """What is another in each point of a call."""
    values = batch.calls[_VALUES, :][metric, row] / np.where(metric == 0, 100.0, 1.0)
    exemplar, rows = (metric == 0) & (batch.calls[o.EXEMPLAR, row] != 0), pa.array(row)
    names = pa.DictionaryArray.from_arrays(pa.array(metric.astype(np.int32)), pa.array(METRICS))
    ids = {f"exemplar_{name}": where(exemplar, batch.column(name).take(rows)) for name in ("trace_id", "span_id")}
    return {"metric": names, "value": pa.array(values), **ids}
