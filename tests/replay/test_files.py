"""What is given to replay, and how it is cut into parts."""

import gzip
import json
from collections import Counter

import pytest

from otelsim.errors import InputError
from otelsim.replay import parts
from otelsim.replay.encoding import Encoder
from otelsim.replay.files import Pair, given
from otelsim.replay.operations import Known
from otelsim.replay.parts import parts_of
from otelsim.replay.source import LeftOut, Source
from tests.command import generated
from tests.replay.lines import STYLE, written
from tests.simulated import world_of
from tests.wire.otlp.runs import all_records


def folder_of(folder, count=2):
    """Lines of a run in a folder without a manifest, as files of ``count`` workers."""
    folder.mkdir(exist_ok=True)
    for lane in range(count):
        for name, data in written("year").items():
            (folder / f"{name}_{lane}.jsonl").write_bytes(data)
    return folder


def sent(found):
    """All records of parts, one part after the other, and whether each log line found its duration."""
    source, left_out, records = Source(Encoder(STYLE, Known(world_of()))), LeftOut(stop=True), Counter()
    made = [request for part in parts_of(found) for request in source.requests(part, left_out)]
    for signal in ("traces", "logs", "metrics"):
        records.update({(signal, *record): n for record, n in all_records(made, signal).items()})
    assert (left_out.unpaired_logs, left_out.unpaired_durations) == (0, 0)
    return records


def test_a_folder_is_pairs_by_their_numbers(tmp_path):
    found = given([folder_of(tmp_path / "run")])
    assert [tuple(p.name for p in pair.paths()) for pair in found.pairs] == [
        ("logs_0.jsonl", "metrics_0.jsonl"),
        ("logs_1.jsonl", "metrics_1.jsonl"),
    ]
    assert (found.run, found.warnings) == (None, [])
    (tmp_path / "run/metrics_1.jsonl").unlink()
    assert given([tmp_path / "run"]).pairs[1].metrics is None


def test_files_are_known_by_their_names_or_their_first_line(tmp_path):
    lines = written("year")
    names = {"logs_7.jsonl": "logs", "metrics_7.jsonl": "metrics", "app.log": "logs", "gauges": "metrics"}
    for name, kind in names.items():
        (tmp_path / name).write_bytes(lines[kind])
    (tmp_path / "old.gz").write_bytes(gzip.compress(lines["logs"]))
    found = given([tmp_path / name for name in (*names, "old.gz")])
    assert found.pairs == [
        Pair(tmp_path / "logs_7.jsonl", tmp_path / "metrics_7.jsonl"),
        Pair(tmp_path / "app.log", None),
        Pair(None, tmp_path / "gauges"),
        Pair(tmp_path / "old.gz", None),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is neither a log line nor a metric line in the documented formats"),
        (b"{}\n", "is neither a log line nor a metric line in the documented formats"),
        (b"\x00\xff", "is neither a log line nor a metric line in the documented formats"),
        (b"[" * 99_999, "is neither a log line nor a metric line in the documented formats"),
    ],
)
def test_other_files_are_refused(tmp_path, content, told):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"{path}:1: {told}"):
        given([path])


def test_folders_that_hold_nothing_to_replay_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"has no logs_N.jsonl and no metrics_N.jsonl"):
        given([tmp_path])
    with pytest.raises(InputError, match="no such file or folder"):
        given([tmp_path / "nowhere"])
    (tmp_path / "journal.jsonl").write_text("{}")
    with pytest.raises(InputError, match="is not finished: `otelsim resume"):
        given([tmp_path])
    for name in ("logs_1.jsonl", "logs_1.jsonl.gz"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match=r"logs_1.jsonl.gz: goes by the same name as .*logs_1.jsonl"):
        given([tmp_path])


@pytest.mark.parametrize(("lines", "scanned"), [(50_000, 8 << 20), (100, 9_000), (1, 700), (333, 1 << 20)])
def test_parts_hold_all_lines_once_and_in_pairs(tmp_path, monkeypatch, lines, scanned):
    found = given([folder_of(tmp_path / "run")])
    whole = sent(found)
    monkeypatch.setattr(parts, "PART_LINES", lines)
    monkeypatch.setattr(parts, "_SCANNED_BYTES", scanned)
    assert sent(found) == whole
    assert len(parts_of(found)) >= 2 * (1 if lines > 2_000 else 2)


@pytest.mark.parametrize("size", [1, 700, 100_000, 32 << 20])
@pytest.mark.parametrize("name", ["logs", "metrics"])
def test_a_file_alone_is_cut_between_lines_and_knows_their_numbers(tmp_path, monkeypatch, name, size):
    data = b"".join(written("year")[name].splitlines(keepends=True)[: 60 if size < 1_000 else 4_000])
    whole = data + b"{broken"
    path = tmp_path / f"{name}_0.jsonl"
    path.write_bytes(whole)
    monkeypatch.setattr(parts, "PART_BYTES", size)
    cut = [lines for part in parts_of(given([path])) for lines in part if lines]
    texts = [whole[one.stretch.offset : one.stretch.offset + one.stretch.size] for one in cut]
    assert b"".join(texts) == whole
    assert all(text.endswith(b"\n") for text in texts[:-1])
    assert len(cut) == {1: 61, 32 << 20: 1}.get(size, len(cut))
    source, left_out = Source(Encoder(STYLE, Known(None))), LeftOut(stop=False)
    made = [request for part in parts_of(given([path])) for request in source.requests(part, left_out)]
    lines = data.count(b"\n")
    assert sum(r.records for r in made) == lines
    assert left_out.told == [f"{path}:{lines + 1}: is no JSON"]


def test_parts_know_the_numbers_of_their_lines(tmp_path, monkeypatch):
    found = given([folder_of(tmp_path / "run", 1)])
    monkeypatch.setattr(parts, "PART_LINES", 200)
    monkeypatch.setattr(parts, "_SCANNED_BYTES", 50_000)
    cut = parts_of(found)
    assert len(cut) > 5
    for part in cut:
        for lines in part:
            before = lines.path.read_bytes()[: lines.stretch.offset]
            assert lines.stretch.first_line == before.count(b"\n") + 1
            assert not before or before.endswith(b"\n")


@pytest.mark.parametrize("compress", [(), ("--compress", "zstd"), ("--compress", "gzip")])
def test_a_runs_slices_are_its_parts(tmp_path, compress):
    folder = generated(tmp_path / "run", 500, "--workers", 3, *compress)
    found = given([folder])
    assert found.run is not None
    cut = parts_of(found)
    assert len(cut) == len(found.run.slices)
    by_slices = sent(found)
    assert by_slices == sent(found._replace(run=None))
    counts = json.loads((folder / "manifest.json").read_text())["counts"]
    assert by_slices.total() == counts["spans"] + counts["logs"] + counts["points"]


def test_files_that_are_not_as_their_manifest_tells_are_taken_as_they_are(tmp_path):
    folder = generated(tmp_path / "run", 300, "--workers", 2)
    with (folder / "logs_1.jsonl").open("ab") as file:
        file.write(b"{}\n")
    found = given([folder])
    assert found.run is None
    assert found.warnings == [
        f"{folder}/logs_1.jsonl: is not as manifest.json tells of it: the files are taken as they are"
    ]
