"""Both bundled worlds load, and say what SPEC section 2 says."""

from collections import Counter, defaultdict
from math import fsum
from pathlib import Path

import pytest

from otelsim.errors import FixtureErrors, InputError
from otelsim.world.finding import bundled, find_world
from otelsim.world.ids import derive_ids
from otelsim.world.loading import load_world
from otelsim.world.model import World
from otelsim.world.traffic_shares import traffic_shares


@pytest.fixture(scope="module", params=["social_network", "multi_cloud"])
def world(request: pytest.FixtureRequest) -> World:
    return load_world(find_world(request.param))


@pytest.fixture(scope="module")
def social() -> World:
    return load_world(find_world(None))


def test_shares_add_up(world: World) -> None:
    assert fsum(p.share for p in world.placements) == pytest.approx(1)
    assert fsum(p.users_share for p in world.personas) == pytest.approx(1)
    assert fsum(p.activity_share for p in world.personas) == pytest.approx(1)
    served: dict[tuple[int, int], float] = defaultdict(float)
    for d in world.deployments:
        served[d.service, d.placement] += d.share
    assert len(served) == len(world.services) * len(world.placements)
    assert all(share == pytest.approx(1) for share in served.values())


def test_personas_are_complete(world: World) -> None:
    for p in world.personas:
        assert len(p.category_weights) == len(world.categories)
        assert fsum(p.hourly_weights) == pytest.approx(24)
        assert fsum(p.daily_weights) == pytest.approx(7)
        assert 0.99 <= p.success_rate <= 0.999
        assert p.activity_multiplier == pytest.approx(p.activity_share / p.users_share)


def test_every_deployment_has_a_release_and_twenty_ids(world: World) -> None:
    assert {row.deployment for row in world.releases} == set(range(len(world.deployments)))
    for row in world.releases:
        deployment = world.deployments[row.deployment]
        ids = derive_ids(f"{deployment.deployment_id}:{row.build_num}")
        assert ids["deployment_id"] == deployment.deployment_id
        assert ids["service_id"] == world.services[deployment.service].service_id
        assert ids["region"] == world.placements[deployment.placement].region


def test_every_dependency_has_a_component(world: World) -> None:
    listed = {service for component in world.components for service in component.services}
    assert {callee for called in world.dependencies for callee in called} <= listed


def test_social_network_has_its_size(social: World) -> None:
    assert (len(social.services), len(social.personas), len(social.placements)) == (57, 100, 4)
    assert [round(p.share, 6) for p in social.placements] == [0.51, 0.34, 0.1, 0.05]
    assert [c.name for c in social.components[-3:]] == ["feature_store", "live_gateway", "clickhouse_rollup"]
    assert len(next(o for o in social.object_types if o.name == "hashtag").names) == 2000
    assert all(26 <= s.releases_per_year <= 52 for s in social.services)


def test_messaging_and_live_run_on_realtime_in_prod_only(social: World) -> None:
    for d in social.deployments:
        ids = derive_ids(f"{d.deployment_id}:1")
        realtime = ids["environment"] == "prod" and ids["stack"] in ("messaging", "live")
        assert ids["target"] == ("realtime" if realtime else "main")


def test_canaries_take_five_percent(social: World) -> None:
    canaries = [d for d in social.deployments if d.tag == "canary"]
    assert {d.share for d in canaries} == {0.05}
    assert {social.placements[d.placement].environment for d in canaries} == {"prod"}
    assert set(Counter(d.service for d in canaries).values()) == {2}


def test_call_shares_of_the_social_network(social: World) -> None:
    shares = traffic_shares(social)
    assert 2.6 <= shares.calls_per_request <= 2.8
    assert 0.5 <= shares.reads <= 0.6
    assert min(shares.services) >= 0.0005
    assert min(shares.edges.values()) >= 0.0003
    assert fsum(shares.actions) == pytest.approx(1)
    assert fsum(shares.services) == pytest.approx(1)


def test_formerly_silent_services_get_a_thousandth_of_the_requests(social: World) -> None:
    silent = "ads:delivery feed:aggregation moderation:auto-mod moderation:content-review moderation:spam"
    silent += " notifications:push notifications:email notifications:sms payments:payouts"
    roots: dict[str, float] = defaultdict(float)
    for action, share in zip(social.actions, traffic_shares(social).actions, strict=True):
        roots[social.services[action.service].key] += share
    assert all(roots[key] >= 0.001 for key in silent.split())


def test_variants_differ_visibly(social: World) -> None:
    hours: dict[str, list[float]] = defaultdict(lambda: [0.0] * 24)
    days: dict[str, list[float]] = defaultdict(lambda: [0.0] * 7)
    for p in social.personas:
        kind = p.archetype if p.variant == "-" else p.variant
        hours[kind] = [a + b for a, b in zip(hours[kind], p.hourly_weights, strict=True)]
        days[kind] = [a + b for a, b in zip(days[kind], p.daily_weights, strict=True)]
    peak = {kind: max(range(24), key=weights.__getitem__) for kind, weights in hours.items()}
    assert peak["morning"] in (6, 7, 8)
    assert peak["lunch"] in (12, 13)
    assert peak["evening"] in (19, 20, 21)
    assert peak["teen"] in (15, 16, 17)
    assert sum(hours["business"][8:18]) > 0.8 * sum(hours["business"])
    assert sum(days["weekend"][5:]) > 0.5 * sum(days["weekend"])
    assert sum(days["business"][5:]) < 0.1 * sum(days["business"])


def test_variants_do_different_things(social: World) -> None:
    live = social.categories.index("live_streaming")
    talk = social.categories.index("messaging")

    def mean(variant: str, category: int) -> float:
        found = [
            p.category_weights[category] / sum(p.category_weights) for p in social.personas if p.variant == variant
        ]
        return sum(found) / len(found)

    assert mean("video", live) > 3 * mean("photo", live)
    assert mean("messenger", talk) > 3 * mean("reactor", talk)


def test_a_tenant_without_a_deployment_uses_the_regions_other_one() -> None:
    world = load_world(find_world("multi_cloud"))
    shared = [d for d in world.deployments if "tenant-a" in d.deployment_id and "europe-west1" in d.deployment_id]
    partitions = {world.placements[d.placement].partition for d in shared if "ledger" in d.deployment_id}
    assert partitions == {"tenant-a", "tenant-b"}


def test_explicit_shares_alone_are_relative(small: Path) -> None:
    file = small / "txt/24_deployments.txt"
    file.write_text(file.read_text().replace("web\tdefault", 'web\tdefault\t{"share": 0.15}'))
    world = load_world(small)
    assert {round(d.share, 9) for d in world.deployments if ":web:canary" in d.deployment_id} == {0.25}


def test_comments_and_blank_lines_are_allowed_everywhere(small: Path) -> None:
    plain = load_world(small)
    for file in [f for f in small.rglob("*") if f.is_file()]:
        file.write_text(f"# remark\n\n{file.read_text()}\n   \n# end\n")
    assert load_world(small) == plain


def test_the_json_column_is_optional(small: Path) -> None:
    for name in ("txt/20_services.txt", "txt/26_releases.txt"):
        lines = (small / name).read_text().splitlines()
        (small / name).write_text("\n".join("\t".join(line.split("\t")[:3]) for line in lines))
    world = load_world(small)
    assert {row.deployed_at_s for row in world.releases} == {None}


def test_worlds_are_found_by_name_folder_or_default(tmp_path: Path) -> None:
    assert find_world(None) == bundled()["social_network"]
    assert find_world("multi_cloud").name == "multi_cloud"
    assert find_world(str(tmp_path)) == tmp_path
    with pytest.raises(InputError, match=r"^--world: 'nowhere' is neither"):
        find_world("nowhere")


def test_a_missing_folder_and_an_empty_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        load_world(tmp_path / "none")
    with pytest.raises(FixtureErrors) as caught:
        load_world(tmp_path)
    assert str(tmp_path / "world.toml:1: the file is missing") in str(caught.value)
    assert str(tmp_path / "txt/26_releases.txt:1: the file is missing") in str(caught.value)
