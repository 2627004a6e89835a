"""A run's folder in object storage, by a folder that stands in for a bucket."""

import threading

from otelsim.runner.remote import READERS, RemoteFolder
from otelsim.sinks.places.local import LocalPlace

WAITING_S = 20.0
HEAD = {"scenario": {}}


class Meeting(LocalPlace):
    """Answers for markers when so many are asked for at a time."""

    def __init__(self, *where) -> None:
        super().__init__(*where)
        self.there = threading.Barrier(READERS)

    def read(self, name):
        if "head" not in name:
            self.there.wait(WAITING_S)
        return super().read(name)


def test_markers_are_read_side_by_side(tmp_path):
    place = Meeting(tmp_path, "bucket")
    made = RemoteFolder(place, overwrite=False).journal(HEAD, ())
    for group in range(2 * READERS):
        made.extend([{"slice": number, "lane": group} for number in (2 * group, 2 * group + 1)])
    past = RemoteFolder(place, overwrite=False, resume=True).past()
    assert (past.head, past.faults) == (HEAD, [])
    assert sorted(entry["slice"] for entry in past.entries) == list(range(4 * READERS))
    assert all(entry["lane"] == entry["slice"] // 2 for entry in past.entries)
