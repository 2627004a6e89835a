"""Everything that was generated is in the stores, once: by every transport, into fresh stores."""

from itertools import product

import pytest

from tests.backends.end_to_end.counting import GAUGES, PARTS, differences, held, losses, passed, sent
from tests.backends.end_to_end.filling import settle
from tests.backends.end_to_end.relay import Relay, Spoiler
from tests.backends.end_to_end.runs import day, send, week, year

pytestmark = pytest.mark.backends
# What opens a series costs the store far more than what adds to one, and in a small run nearly every point does.
SMALL = {"year": year(500), "incidents": week(1_000)}
FULL = {"year": year(100_000), "incidents": week(1_000_000)}
QUICK = (("year", "http/protobuf", "none"), ("incidents", "grpc", "gzip"))
"""Of small runs; the others are tried at full volume's time."""
MATRIX = [
    pytest.param(
        runs[name],
        protocol,
        compression,
        id=f"{name}-{runs[name].requests}-{protocol}-{compression}",
        marks=() if runs is SMALL and (name, protocol, compression) in QUICK else pytest.mark.slow,
    )
    for runs in (SMALL, FULL)
    for name, protocol, compression in product(runs, ("http/protobuf", "grpc"), ("none", "gzip"))
]
TRANSPORTS = {"http/protobuf": "http", "grpc": "grpc"}


@pytest.mark.parametrize(("asked", "protocol", "compression"), MATRIX)
def test_all_of_a_run_arrives_once(fresh, tmp_path, asked, protocol, compression):
    with fresh(tmp_path) as backends:
        url = backends.collector.url if protocol != "grpc" else f"http://{backends.collector.grpc_endpoint}"
        run = send(asked, tmp_path / "run", url, "--protocol", protocol, "--compression", compression)
        settle(backends)
        assert run.manifest["counts"]["requests"] == asked.requests
        assert differences(backends, run) == {}
        assert losses(backends) == {}
        assert passed(backends.collector, TRANSPORTS[protocol]) == sent(run.manifest)


@pytest.fixture(scope="module")
def shared(fresh, tmp_path_factory):
    """Stores for small runs that are told apart by their ids."""
    with fresh(tmp_path_factory.mktemp("shared")) as backends:
        yield backends


DAY = day(200)


def test_two_runs_are_told_apart_and_counted_apart(shared, tmp_path):
    """The same records, and a third of another seed: only otelsim.run.id differs between the first two."""
    asked = {"blue": DAY, "green": DAY, "red": DAY.reseeded(7)}
    runs = [send(one, tmp_path / name, shared.collector.url, "--run-id", name) for name, one in asked.items()]
    settle(shared)
    assert [run.run_id for run in runs] == list(asked)
    blue, green, red = (held(shared, run) for run in runs)
    assert [differences(shared, run) for run in runs] == [{}, {}, {}]
    assert blue == green != red
    assert shared.spans.durations_ns["blue"] == shared.spans.durations_ns["green"]
    assert shared.spans.durations_ns["blue"].keys().isdisjoint(shared.spans.durations_ns["red"])


HISTOGRAMS = ("http.server.request.duration", "rpc.server.call.duration")


@pytest.mark.parametrize("double", [False, True], ids=["dropped", "doubled"])
def test_one_record_too_few_or_too_many_is_seen(shared, tmp_path, double):
    """One record of each kind is dropped or doubled on its way to the Collector; of each histogram a point."""
    spoiler, change = Spoiler(double), 1 if double else -1
    with Relay(shared.collector.url, spoiler) as relay:
        run = send(DAY, tmp_path / "run", relay.url, "--run-id", f"spoilt-{double}")
    settle(shared)
    gauges = (*GAUGES, "cache_hit")
    kinds = ["span", "log record", *(f"{name} gauge" for name in gauges), *(f"{name} histogram" for name in HISTOGRAMS)]
    assert spoiler.spoilt == set(kinds)
    # What comes twice is still distinct.
    once = ["spans", "log records", *gauges, *([] if double else ["distinct spans", "distinct log records"])]
    twice = [f"histogram {part}" for part in PARTS]
    changes = {name: found - wanted for name, (wanted, found) in differences(shared, run).items()}
    assert changes == dict.fromkeys(once, change) | dict.fromkeys(twice, len(HISTOGRAMS) * change)
