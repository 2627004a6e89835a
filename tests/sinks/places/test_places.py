"""What every place keeps to, be it a folder, a file system or a bucket."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from otelsim.errors import InputError
from otelsim.sinks.places import Place, place_of, put, whole
from otelsim.sinks.places.arrow import ArrowPlace
from otelsim.sinks.places.uris import parsed_arrow

BIG = bytes(range(256)) * (80 << 10)
"""20 MiB: more than two parts of an upload."""


def local(folder: Path) -> Place:
    return place_of(folder / "local ü")


def by_file_uri(folder: Path) -> Place:
    return place_of(f"file://{folder}/uri%20%C3%BC")


def by_arrow(folder: Path) -> Place:
    """The way that gs:// and hdfs:// go, on a file system that is here."""
    return ArrowPlace(parsed_arrow(f"file://{folder}/arrow ü"))


@pytest.fixture(params=[local, by_file_uri, by_arrow, pytest.param(None, marks=pytest.mark.backends, id="bucket")])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    make: Callable[[Path], Place] | None = request.param
    return make(tmp_path) if make else place_of(request.getfixturevalue("bucket").uri("a run/ü%25"))


def test_a_file_is_read_as_it_was_written(place):
    put(place, "a/b ü.txt", b"hello")
    put(place, "empty", b"")
    put(place, "big", memoryview(BIG))
    assert (place.read("a/b ü.txt"), place.read("empty")) == (b"hello", b"")
    assert place.read("big") == BIG
    assert place.sizes() == {"big": len(BIG), "empty": 0}
    assert place.sizes("a") == {"b ü.txt": 5}


def test_a_file_is_sought_in(place):
    put(place, "big", BIG)
    with place.open("big") as file:
        assert file.seek(-10, 2) == len(BIG) - 10
        assert file.read() == BIG[-10:]
        file.seek(5)
        assert file.read(3_000_001) == BIG[5:3_000_006]
        file.seek(len(BIG) + 1)
        assert file.read(1) == b""


def test_nothing_is_there_before_it_is_committed(place):
    upload = place.create("a/file")
    upload.write(BIG)
    assert place.sizes("a") == {}
    with pytest.raises(FileNotFoundError):
        place.read("a/file")
    upload.commit()
    assert place.sizes("a") == {"file": len(BIG)}
    assert place.tidy() == 0


def test_what_was_there_stays_until_it_is_replaced(place):
    put(place, "file", b"old")
    upload = place.create("file")
    upload.write(BIG)
    assert place.read("file") == b"old"
    upload.commit()
    assert place.read("file") == BIG


def test_nothing_is_left_of_what_fails(place):
    def interrupted():
        with whole(place, "file") as upload:
            upload.write(BIG)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert place.sizes() == {}
    assert place.tidy() == 0


def test_what_is_left_of_other_writers_is_tidied_by_name(place):
    put(place, "file_2", b"")
    for name in ("a/file_1", "file_2", "file_3"):
        place.create(name).write(BIG)
    assert place.tidy(["a/file_1", "file_4"]) == 1
    assert place.tidy({"a/file_1"}) == 0
    assert place.tidy() == 2
    assert place.tidy() == 0
    assert place.sizes() == {"file_2": 0}


def test_files_are_removed_or_not_there(place):
    put(place, "file", b"")
    place.remove("file")
    place.remove("file")
    assert place.sizes() == place.sizes("nowhere") == {}
    for read in (place.read, place.open):
        with pytest.raises(FileNotFoundError) as caught:
            read("file")
        assert caught.value.strerror


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/out", "a//b", "a/./b", "", ".", "..", "a\0b", "a/"])
def test_no_name_leads_outside(place, name):
    for use in (place.create, place.read, place.open, place.remove):
        with pytest.raises(InputError, match="is no name of a file within it"):
            use(name)
    if name:
        with pytest.raises(InputError):
            place.sizes(name)


def test_a_place_is_sent_to_another_process(place):
    put(place, "file", b"hello")
    again = pickle.loads(pickle.dumps(place))
    assert again.read("file") == b"hello"
    assert again.name == place.name


def test_a_place_is_checked(place):
    place.check(writing=True)
    assert place.sizes() == {}
    assert place.tidy() == 0
    put(place, "file", b"")
    place.check()
