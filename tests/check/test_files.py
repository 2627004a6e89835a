import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
import zstandard
from isal import igzip

from otelsim.check.files import microseconds, open_run, plain
from otelsim.check.frames import blocks
from otelsim.check.ids import RANGE_IDS, _ranges, duplicates, leave
from otelsim.check.run import run_check, scenario_of
from otelsim.errors import InputError
from tests.check.synthetic import broken, check_here, make_calendar, make_world, write_run


def pack_zstd(data):
    half = len(data) // 2
    one = zstandard.ZstdCompressor()
    return one.compress(data[:half]) + one.compress(data[half:])


def pack_gzip(data):
    return igzip.compress(data[:100]) + igzip.compress(data[100:])


@pytest.mark.parametrize(("compress", "pack"), [("zstd", pack_zstd), ("gzip", pack_gzip)])
def test_a_compressed_run_of_several_frames_a_slice_is_read(tmp_path, compress, pack):
    run = write_run(tmp_path / "run", 96, compress, pack)
    assert broken(check_here(run, make_world(), make_calendar(make_world()), tmp_path / "ids")) == set()


@pytest.mark.parametrize("compress", ["zstd", "gzip"])
def test_bytes_that_are_no_frame_are_a_broken_digest(tmp_path, compress):
    run = write_run(tmp_path / "run", 96, compress, lambda data: b"rubbish" + data)
    assert "files.digest" in broken(check_here(run, make_world(), make_calendar(make_world()), tmp_path / "ids"))
    with pytest.raises(ValueError, match=r".*"):
        plain(b"rubbish", compress)


def test_microseconds_of_both_spellings():
    assert microseconds("1970-01-01T00:00:01Z") == 1_000_000
    assert microseconds("1970-01-01T00:00:01.000002Z") == microseconds("1970-01-01T00:00:01.000002") == 1_000_002


def test_a_directory_that_is_no_run_is_refused(tmp_path):
    for directory in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(InputError, match=str(directory)) as caught:
            run_check(directory, 1, lambda done, total: None)
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"slices": 3}', "\x00"])
def test_a_garbled_manifest_is_refused(tmp_path, text):
    write_run(tmp_path, 12)
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json"):
        open_run(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("compress", "lzma"),
        ("slices", {}),
        ("slices", [3]),
        ("slices", [{}]),
        ("scenario", 3),
        ("files", {"a": {}}),
        ("counts", 1),
    ],
)
def test_a_manifest_of_wrong_types_is_refused(tmp_path, key, value):
    write_run(tmp_path, 12)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(InputError, match=r"manifest\.json"):
        open_run(tmp_path)


def test_a_scenario_without_a_start_is_refused(tmp_path):
    write_run(tmp_path, 12)
    run = open_run(tmp_path)
    del run.scenario["start"]
    with pytest.raises(InputError, match="scenario"):
        scenario_of(run)


def test_a_garbled_incident_names_its_line(tmp_path):
    write_run(tmp_path, 12)
    good = (tmp_path / "incidents.jsonl").read_text()
    for bad in ("nonsense", "{}", "[]", '{"component":"db","start":"yesterday","end":3}'):
        (tmp_path / "incidents.jsonl").write_text(f"{good}{bad}\n")
        with pytest.raises(InputError, match=r"incidents\.jsonl:2"):
            open_run(tmp_path)


@pytest.mark.parametrize(("signal", "key"), [("logs", "offset"), ("metrics", "digest")])
def test_a_slice_that_is_nowhere_is_refused(tmp_path, signal, key):
    write_run(tmp_path, 12)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["slices"][1][signal][key]
    path.write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="garbled"):
        open_run(tmp_path)


def test_the_parent_leaves_polars_to_its_workers():
    # They bind it to one thread before they load it.
    command = "import sys, otelsim.check; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


def test_blocks_hold_every_point_once_and_number_lines_through(tmp_path):
    run = write_run(tmp_path, 24)
    data = (run / "metrics_0.jsonl").read_bytes()
    whole, pieces = list(blocks(data)), list(blocks(data, 1000))
    assert len(whole) == 1
    assert len(pieces) > 3
    assert pl.concat([p.points.drop("call") for p in pieces]).equals(whole[0].points.drop("call"))
    assert all(p.points["call"][0] == 0 and p.before_us <= p.points["ts_us"][0] for p in pieces)
    assert [b.points.height for b in blocks(b"")] == [0]


def test_ids_that_come_twice_are_found_across_slices(tmp_path):
    leave(tmp_path, "span_id", 0, np.array([5, 1, 2**64 - 1], np.uint64))
    leave(tmp_path, "span_id", 1, np.array([7, 2**64 - 1, 1], np.uint64))
    leave(tmp_path, "span_id", 2, np.array([], np.uint64))
    assert duplicates(tmp_path, "span_id") == (6, [1, 2**64 - 1])
    assert duplicates(tmp_path, "trace_id") == (0, [])
    assert RANGE_IDS > 1


def test_ranges_of_ids_hold_every_id_once():
    # Multiples of an odd number, modulo 2**64, lie all over the range.
    parts = [np.sort(np.arange(n, n + 500, dtype=np.uint64) * np.uint64(0xD6E8FEB86659FD93)) for n in (1, 501)]
    ranges = list(_ranges(parts, 7))
    assert len(ranges) == 7
    assert np.array_equal(np.concatenate(ranges), np.sort(np.concatenate(parts)))
