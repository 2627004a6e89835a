"""The page of Parquet is what the schema says, and its queries run on a run."""

import duckdb
import pytest

from otelsim.runner.parquet_output import ParquetOutput, known
from otelsim.runner.slicing import Simulator
from otelsim.sinks.places import place_of
from tests.docs import markdown, parquet
from tests.simulated import prepared


def test_the_page_is_current():
    assert parquet.PAGE.read_text() == parquet.page(), "python -m tests.docs.parquet"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A small run in ``run/``."""
    monkeypatch.chdir(tmp_path)
    p = prepared("incidents", total_events=200)
    output = ParquetOutput(known(p, "run"), place_of("run"), 0)
    simulator = Simulator(p)
    for number in range(len(p.slices)):
        output.begin({})
        simulator.slice(number, output)
    output.commit()


def test_queries_run(run):
    rates, trace = markdown.blocks(parquet.PAGE.read_text(), "sql")[0].split(";")[:2]
    found = duckdb.sql(rates).fetchall()
    assert len(found) == 10
    assert found[0][2] > 0
    (some,) = duckdb.sql("SELECT lower(hex(trace_id)) FROM 'run/traces/*/*.parquet' LIMIT 1").fetchall()
    calls = duckdb.sql(trace.replace("c322cf887d0fafc71e7ca18e25649671", some[0])).fetchall()
    assert [call[1] for call in calls].count(None) == 1
