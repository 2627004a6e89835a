"""Seven of ten requests are answered that nobody is there for a while, at full rate: all arrives, each record once."""

import grpc
import pytest

from tests.faults.conftest import HTTP_FIRST
from tests.faults.counting import counted, differences, records_by_signal, span_ids, totals
from tests.faults.programs import sent
from tests.sinks.otlp.receiver import Coming, Step

BUSY = Step(status=503, code=grpc.StatusCode.UNAVAILABLE, text="overloaded")
SMALLER = ("--workers", "2", "--in-flight", "32", "--max-request-bytes", "45056")


@pytest.mark.parametrize(("requests", "busy_s"), [(6_000, 3), pytest.param(30_000, 10, marks=pytest.mark.slow)])
@HTTP_FIRST
def test_seven_of_ten_unavailable_at_full_rate(receiver, whole, tmp_path, requests, busy_s):
    def rule(coming: Coming) -> Step:
        return BUSY if coming.seconds < busy_s and coming.number * 7 % 10 < 7 else Step()

    receiver.script(otherwise=rule)
    done = sent(receiver, tmp_path / "run", requests, *SMALLER)
    taken = [a for a in receiver.arrivals if a.accepted]
    refused = [a for a in receiver.arrivals if not a.accepted]
    until_s = max(a.at_s for a in refused)
    meanwhile = [a for a in receiver.arrivals if a.at_s <= until_s]
    ids = span_ids(taken)
    print(
        f"{len(refused)} of {len(meanwhile)} requests refused in {until_s - min(a.at_s for a in meanwhile):.1f} s;"
        f" {len(ids):,} spans distinct, {totals(counted(taken))} taken, {done.of('resent')} resent"
    )
    assert done.code == 0
    assert differences(whole(requests), counted(taken)) == {}
    assert len(ids) == ids.total() == done.account["traces"].acknowledged
    assert done.of("resent") == records_by_signal(refused)
    assert min(done.of("resent").values()) > 0
    assert 0.6 < len(refused) / len(meanwhile) < 0.8
    assert len(refused) > 50
    assert max(a.at_s for a in taken) - min(a.at_s for a in meanwhile) > busy_s
    assert set(done.of("rejected").values()) == set(done.of("pending").values()) == {0}
