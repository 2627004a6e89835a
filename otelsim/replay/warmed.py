"""The kernels of a replay loaded, by replaying four lines; like `runner.warmed`."""

from pathlib import Path

from otelsim.replay.encoding import Encoder, Style
from otelsim.replay.lines import read_logs, read_points
from otelsim.replay.operations import Known
from otelsim.replay.pairing import Durations
from otelsim.replay.reading import Place, block_of
from otelsim.runner.warming import note_compiled
from otelsim.signals.notation import Notation

_RELEASE = "prod:aws:1:us-east-1:main:eks:main:app:stack:service:default:1"
_LOG = (
    '{"timestamp":"2025-03-03T00:00:00.000000Z","level":"INFO","service":"service","stack":"stack","action":"warm",'
    '"user_id":"user_1","request_id":"req_1","success":true,"message":"warm",'
    f'"release_id":"{_RELEASE}","trace_id":"{"1" * 32}","span_id":"{"1" * 16}"}}\n'
)
_POINT = (
    '{"metric":"request_duration_ms","ts":1740960000.0,"value":1.0,'
    f'"tags":{{"action":"warm","success":"true","is_write":"false","release_id":"{_RELEASE}"}}}}\n'
)

_MANY = 1_000
"""Texts that a table of codes has to grow for."""


def warm() -> None:
    """Replay them."""
    encoder = Encoder(Style(Notation("warm"), False, 1 << 16), Known(None))
    log, point = (block_of(Place(Path()), 1, 2 * line.encode()) for line in (_LOG, _POINT))
    encoder.coder.make_room(_MANY, 1)
    points, durations = read_points(point, encoder.coder), Durations()
    durations.add(points)
    read = read_logs(log, encoder.coder)
    pairs, _ = durations.take(read)
    made = [*encoder.logs(read), *encoder.spans(read, pairs), *encoder.points(points)]
    assert len(made) == 3


warm()

if __name__ == "__main__":
    note_compiled("replay")
