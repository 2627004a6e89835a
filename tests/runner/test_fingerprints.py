"""Golden fingerprints: what small scenarios have come to since they were committed.

They change only where the meaning of a seed changes. If that is meant, say so in CHANGELOG.md and renew the table with
what the failing test prints.
"""

import pytest
import xxhash

from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.slicing import Simulator
from tests.simulated import prepared

SCENARIOS = {
    "year": ("year", {"total_events": 500}),
    "incidents": ("incidents", {"total_events": 2_000}),
    "three levels": ("incidents", {"total_events": 500, "call_depth": 3}),
    "all levels": ("incidents", {"total_events": 500, "call_depth": 0}),
    "multi_cloud": ("year", {"total_events": 500, "world": "multi_cloud"}),
    "another seed": ("year", {"total_events": 500, "seed": 7}),
    "few users": ("year", {"total_events": 500, "total_users": 50}),
}
FINGERPRINTS = {
    "all levels": ("fc284b62c7eb3043330f13f2ee875067", "06d32ceca6b6379ff4cd52bf22d21736"),
    "another seed": ("296213b1ec18e3e8f43353ce611f8f50", "6384403897e3302806c412a991f63251"),
    "few users": ("115885bda1d1d5891e317b036b860e92", "10dcfea972572ac5f231b5830793e98e"),
    "incidents": ("d6398ca973af261a00881d15d7394e55", "db7d1607bf7684b40f93c117b49688f9"),
    "multi_cloud": ("7deb71ad5d61e405c19903ec85f9424f", "f1af26c1c8ec40e61b572c76ce068d3b"),
    "three levels": ("4c7c15001c9031013e77e5f0bbf46a00", "0190ef85484d6a1fb5d071bb6a96a85f"),
    "year": ("8471b274ec1db251fd479d02a318b0ac", "44e5acd0152723eaaec5d172cc8182db"),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_fingerprint_is_what_it_was(name):
    scenario, changes = SCENARIOS[name]
    p = prepared(scenario, **{"world": "social_network", **changes})
    results = make_slices(Simulator(p), range(len(p.slices)), null_sinks())
    digests = [[r.extents[signal].digest for r in results] for signal in ("logs", "metrics")]
    found = tuple(xxhash.xxh3_128("".join(d).encode()).hexdigest() for d in digests)
    hint = f'the records of {name!r} have changed; if that is meant, renew: "{name}": {found},'
    assert found == FINGERPRINTS.get(name), hint.replace("'", '"')
