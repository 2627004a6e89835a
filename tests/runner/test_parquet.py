"""Files of Parquet: what DuckDB reads is what the JSON lines say, and no file is seen before it is whole."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from otelsim.runner.output import LinesOutput
from otelsim.runner.parquet_output import ParquetOutput, known
from otelsim.runner.preparing import Prepared
from otelsim.runner.slicing import Simulator
from otelsim.sinks.places import Place, place_of
from otelsim.wire.parquet import files
from tests.runner.parquet import LINES, PARQUET, facts
from tests.simulated import DAY, MONDAY, LineSink, prepared

GROUP = 40


def run(seed: int = 1) -> Prepared:
    """Two days and a half, from noon on: slices of over half an hour, some of which go past midnight."""
    return prepared("incidents", seed=seed, total_events=700, start_s=MONDAY + DAY // 2, duration_s=5 * DAY // 2)


def as_parquet(p: Prepared, place: Place) -> dict[str, files.Part]:
    simulator, made = Simulator(p), dict[str, files.Part]()
    texts = known(p, "run")
    for first in range(0, len(p.slices), GROUP):
        output = ParquetOutput(texts, place, first // GROUP)
        for number in range(first, min(first + GROUP, len(p.slices))):
            output.begin({})
            simulator.slice(number, output)
        made |= output.commit()
    return made


def as_lines(p: Prepared, folder: Path) -> None:
    sinks = {name: LineSink() for name in ("logs", "metrics")}
    simulator, output = Simulator(p), LinesOutput(p.lines, dict(sinks))
    for number in range(len(p.slices)):
        output.begin(dict.fromkeys(sinks, 0))
        simulator.slice(number, output)
    for name, sink in sinks.items():
        (folder / f"{name}_0.jsonl").write_bytes(sink.text)


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Path, dict[str, files.Part]]:
    """A folder with the same run as lines and as Parquet, and the files of the second."""
    folder = tmp_path_factory.mktemp("parquet")
    as_lines(run(), folder)
    return folder, as_parquet(run(), place_of(folder))


def test_duckdb_reads_what_the_lines_say(both):
    lines = facts(both[0], LINES)
    assert facts(both[0], PARQUET) == lines
    assert lines["logs"]["records"] > 1_500


def test_what_is_not_the_same_is_seen(both, tmp_path):
    """The comparison itself: with a number, an id and a row changed in one table, and another run."""
    lines = facts(both[0], LINES)
    query = PARQUET["metrics"]
    for changed in (
        query.replace(
            "metric, value", "metric, CASE WHEN metric = 'db_query_count' THEN value + 1 ELSE value END AS value"
        ),
        query.replace("hex(exemplar_span_id)", "hex(exemplar_trace_id)"),
        f"{query} WHERE value > 0",
    ):
        assert facts(both[0], {"metrics": changed})["metrics"] != lines["metrics"]
    as_parquet(run(seed=2), place_of(tmp_path))
    assert facts(tmp_path, PARQUET)["logs"] != lines["logs"]


def test_spans_are_those_of_the_log_records(both):
    ids = "trace_id, span_id, parent_span_id, release_id, user_id"
    asked = f"SELECT count(*), bit_xor(hash({{0}}, {ids})) FROM '{{1}}/{{2}}/*/*.parquet'"
    answers = [
        duckdb.sql(asked.format(f"epoch_us({time}::TIMESTAMPTZ)", both[0], signal)).fetchall()
        for time, signal in (("time", "logs"), ("start_time", "traces"))
    ]
    assert answers[0] == answers[1]
    durations = "SELECT round(sum({}), 2) FROM '{}/{}/*/*.parquet' {}"
    told = duckdb.sql(durations.format("value", both[0], "metrics", "WHERE metric = 'request_duration_ms'")).fetchall()
    assert duckdb.sql(durations.format("duration_ms", both[0], "traces", "")).fetchall() == told


def test_rows_stand_under_their_own_date(both):
    folder, made = both
    assert {name.split("/")[1] for name in made} >= {f"date=2025-03-0{day}" for day in (3, 4, 5)}
    spanning = [name.rpartition("/")[2] for name in made if name.startswith("logs")]
    assert len(spanning) > len(set(spanning))
    for signal, time in (("traces", "start_time"), ("logs", "time"), ("metrics", "time")):
        asked = f"SELECT count(*) FROM read_parquet('{folder}/{signal}/*/*.parquet', hive_partitioning=true)"
        assert duckdb.sql(f"{asked} WHERE date <> make_timestamp(epoch_us({time}::TIMESTAMPTZ))::DATE").fetchall() == [
            (0,)
        ]


def test_files_are_what_is_told_of_them(both):
    folder, made = both
    there = {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}
    assert there == set(made)
    for name, part in made.items():
        assert (folder / name).stat().st_size == part.bytes
        assert pq.read_metadata(folder / name).num_rows == part.records


def test_the_same_run_makes_the_same_bytes(both, tmp_path):
    assert as_parquet(run(), place_of(tmp_path)) == both[1]


def test_many_calls_become_several_row_groups(both, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "GROUP_CALLS", 200)
    made = as_parquet(run(), place_of(tmp_path))
    groups = [pq.read_metadata(tmp_path / name).num_row_groups for name in made if name.startswith("logs")]
    assert max(groups) > 1
    assert facts(tmp_path, PARQUET) == facts(both[0], PARQUET)


def test_no_file_is_seen_before_all_are_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "GROUP_CALLS", 10)
    p = run()
    for ending in ("abort", "commit"):
        output = ParquetOutput(known(p, "run"), place_of(tmp_path), 0)
        output.begin({})
        Simulator(p).slice(5, output)
        assert not list(tmp_path.rglob("*.parquet"))
        assert list(tmp_path.rglob("*.part-*"))
        getattr(output, ending)()
        assert not list(tmp_path.rglob("*.part-*"))
        assert bool(list(tmp_path.rglob("*.parquet"))) == (ending == "commit")


def test_a_slice_has_a_digest_of_its_calls(tmp_path):
    def digests(seed: int) -> list[str]:
        output, found = ParquetOutput(known(run(seed), "run"), place_of(tmp_path), 0), []
        for number in (3, 4):
            output.begin({})
            made = Simulator(run(seed)).slice(number, output).made
            found.append(made.extents["logs"].digest)
        output.abort()
        return found

    assert digests(1) == digests(1)
    assert len({*digests(1), *digests(2)}) == 4
