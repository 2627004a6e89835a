"""Servers that never end: the run ends in its own time, within its memory, and says why."""

import contextlib
from collections.abc import Iterator

import grpc
import pytest
from isal import isal_zlib

from otelsim.sinks.otlp.http import GZIP
from otelsim.sinks.otlp.replies import MAX_REPLY_BYTES, UNREAD
from tests.faults.conftest import receiving
from tests.faults.counting import counted, differences, records_by_signal, repeats, totals
from tests.faults.programs import Begun, sent
from tests.faults.wires import Listener, ReadsSlowly, Relay, RepliesSlowly
from tests.sinks.otlp.receiver import Receiver, Step

MIB = 1 << 20
MOST_MIB = 300
SMALL, LARGE = 300, 400_000
"""Requests of a run: its OTLP requests have a few kB, or the most that is sent at once."""
IN_FLIGHT, GIVE_UP_S, LATE_S = 4, 5, 30
"""``LATE_S`` leaves room for a busy machine; a run that waits for its server to end would take minutes."""
NO_ANSWER = ("no answer within ", "gRPC DEADLINE_EXCEEDED", "timed out before receiving SETTINGS")
BRIEF = ("--workers", "1", "--timeout", "2", "--give-up-after", GIVE_UP_S)
PROTOCOLS = ("http/protobuf", "grpc")


@contextlib.contextmanager
def hanging(protocol: str) -> Iterator[Receiver]:
    with receiving(protocol) as made:
        made.script(otherwise=Step(delay_s=600))
        made.keeps_bodies = False
        yield made


def slow(kind: type[Listener]):
    return lambda protocol: contextlib.closing(kind(protocol))


ENDLESS = {"hangs": hanging, "reads a byte a second": slow(ReadsSlowly), "replies a byte a second": slow(RepliesSlowly)}
CASES = [(name, protocol) for name in ENDLESS for protocol in PROTOCOLS]


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """How each run ended, and its server; all at once, as each does little but wait."""
    folder = tmp_path_factory.mktemp("hostile")
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(ENDLESS[name](protocol)) for name, protocol in CASES]
        begun = [Begun(server, folder / str(i), LARGE, *BRIEF) for i, server in enumerate(servers)]
        return {case: (run.end(), server) for case, run, server in zip(CASES, begun, servers, strict=True)}


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_who_never_answers_is_given_up_in_time(ends, case):
    done, server = ends[case]
    lasted_s = done.at_s - server.first_s
    print(f"given up after {lasted_s:.1f} s and {server.begun} attempts, {done.most_mib:.0f} MiB: {done.account}")
    assert done.code == 1
    assert done.complaint.startswith(f"otelsim: {server.url}")
    assert f"gave up after {GIVE_UP_S}." in done.complaint
    assert any(text in done.complaint for text in NO_ANSWER)
    assert GIVE_UP_S < lasted_s < GIVE_UP_S + LATE_S
    assert 50 < done.most_mib < MOST_MIB
    # Each request was tried more than once; over gRPC they share a connection.
    if isinstance(server, Receiver) or server.protocol != "grpc":
        assert server.begun >= 2 * IN_FLIGHT
    assert any(line.startswith(f"waiting for {server.url}") for line in done.lines)
    assert min(told.pending for told in done.account.values()) > 0
    assert all(told.generated == told.pending for told in done.account.values())


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A gibibyte of nothing, packed."""
    packer = isal_zlib.compressobj(1, wbits=GZIP)
    nothing = bytes(16 * MIB)
    return b"".join([*(packer.compress(nothing) for _ in range(64)), packer.flush()])


def replies_too_long(protocol: str, bomb: bytes):
    """The first replies are 100 MiB each, of requests that were taken and of some that were not, or unpack to more."""
    plain = bytes(100 * MIB)
    packed = Step(raw=plain, headers={"compress": "yes"})
    if protocol != "grpc":
        packed = Step(raw=bomb, headers={"content-encoding": "gzip"})
    busy = Step(status=503, code=grpc.StatusCode.UNAVAILABLE, raw=plain)
    first = [Step(raw=plain), busy, Step(raw=plain), packed]
    return lambda coming: first[coming.number] if coming.number < len(first) else Step()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_more_than_4_mib_of_a_reply_is_read(protocol, whole, bomb, tmp_path):
    with receiving(protocol) as receiver, contextlib.closing(Relay(receiver)) as relay:
        receiver.script(otherwise=replies_too_long(protocol, bomb))
        done = sent(relay, tmp_path / "run", SMALL, "--workers", "1")
    taken = [a for a in receiver.arrivals if a.accepted]
    long = [a for a in taken if a.step.raw is not None]
    print(f"{max(relay.replied) / MIB:.2f} MiB at most of a connection, {sum(relay.replied) / MIB:.2f} MiB in all read")
    print(f"{len(long)} replies not read, {done.most_mib:.0f} MiB; {done.account}")
    assert done.code == 0
    assert done.warnings == {UNREAD: len(long)} == {UNREAD: 3}
    assert differences(whole(SMALL), counted(taken)) == {}
    assert done.of("resent") == records_by_signal(a for a in receiver.arrivals if not a.accepted)
    assert done.most_mib < MOST_MIB
    # A few chunks may be on their way while the sender says that it has had enough; gRPC's calls share a connection.
    assert protocol == "grpc" or max(relay.replied) < MAX_REPLY_BYTES + MIB
    assert sum(relay.replied) < (MAX_REPLY_BYTES + MIB) * sum(a.step.raw is not None for a in receiver.arrivals)


def test_a_server_that_hangs_for_a_while_gets_everything(http, rpc, whole, tmp_path):
    """What it answers too late it has taken all the same."""
    patient = ("--workers", "1", "--timeout", "2", "--give-up-after", "60")
    for each in (http, rpc):
        each.script(otherwise=lambda coming: Step(delay_s=max(0.0, 3.5 - coming.seconds)))
    begun = [Begun(each, tmp_path / str(i), SMALL, *patient) for i, each in enumerate((http, rpc))]
    for receiver, run in zip((http, rpc), begun, strict=True):
        done, came = run.end(), counted(receiver.arrivals)
        print(f"{receiver.begun} attempts: {totals(came)} came, {done.of('resent')} resent, {done.of('acknowledged')}")
        assert done.code == 0
        assert differences(whole(SMALL), came) == repeats(done.of("resent")) != {}
        assert done.of("acknowledged") == done.of("generated") == totals(whole(SMALL))
