"""docker-compose.yml and what it mounts: everything that can be checked without a container engine."""

import re

import pytest
import yaml

from tests.backends import building, stores

from .stack import COMPOSE, FULL_VERSION, OWN_IMAGE, ROOT, SERVICES, mounts

PORTS = {4317, 4318, 8428, 9428, 10428, 3000}


def is_bind(source: str) -> bool:
    return source.startswith((".", "/", "~"))


def test_the_services_are_there():
    needed = {"collector", "victoriametrics", "victorialogs", "victoriatraces", "grafana", "demo"}
    assert needed <= SERVICES.keys()
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"ready", "demo"}
    assert SERVICES["demo"]["profiles"] == SERVICES["ready"]["profiles"] == ["demo"]


def test_every_image_is_pinned():
    images = {service["image"] for service in SERVICES.values()} - {OWN_IMAGE}
    assert [image for image in images if not FULL_VERSION.search(image)] == []


def test_the_own_image_is_built_once_and_never_looked_for_in_a_registry():
    """Compose builds side by side, and two builds of one tag collide on a machine that does not have it yet."""
    (builder,) = [name for name, service in SERVICES.items() if "build" in service]
    assert SERVICES[builder]["image"] == OWN_IMAGE
    for service in SERVICES.values():
        if service["image"] == OWN_IMAGE and "build" not in service:
            assert service["pull_policy"] == "never"
            assert builder in service["depends_on"]


@pytest.mark.parametrize("image", ["a", "a:latest", "a:1", "a:1.2", "a:main", "a@sha256", "a:1.2.3-latest!"])
def test_an_image_that_is_not_pinned_would_be_seen(image):
    assert not FULL_VERSION.search(image)


def test_the_stack_runs_the_versions_that_the_tests_build():
    modules = (building.MODULES / "victoria" / "go.mod").read_text()
    metrics = re.search(r"VictoriaMetrics/VictoriaMetrics (v\S+)", modules)[1]
    assert SERVICES["victoriametrics"]["image"].endswith(f":{metrics}")
    # The pseudo-version v1.51.1-0.2026… is a commit after v1.51.0.
    major, minor = re.search(r"VictoriaMetrics/VictoriaLogs v(\d+)\.(\d+)\.", modules).groups()
    assert f":v{major}.{minor}." in SERVICES["victorialogs"]["image"]
    distribution = yaml.safe_load(building.DISTRIBUTION.read_text())
    assert SERVICES["collector"]["image"].endswith(f":{distribution['dist']['version']}")


def test_ports_are_open_to_this_machine_only():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    split = [port.split(":") for port in published]
    assert {address for address, _, _ in split} == {"127.0.0.1"}
    assert {int(host) for _, host, _ in split} == PORTS
    assert all(host == container for _, host, container in split)


def test_what_is_mounted_exists_and_may_be_read_under_selinux():
    for service, source, target, options in mounts({}):
        assert "z" in options, (service, target)
        if is_bind(source):
            assert (ROOT / source).exists(), (service, source)
            assert "ro" in options, (service, source)


def test_data_lies_in_declared_volumes_and_each_is_used():
    named = {source for _, source, _, _ in mounts({}) if not is_bind(source)}
    assert named == COMPOSE["volumes"].keys()


def test_one_variable_moves_all_data_into_directories():
    moved = [source for _, source, _, options in mounts({"OTELSIM_DATA": "./data/"}) if "ro" not in options]
    assert {source.removeprefix("./data/") for source in moved} == COMPOSE["volumes"].keys()
    assert all(is_bind(source) for source in moved)


@pytest.mark.parametrize("store", ["victoriametrics", "victorialogs", "victoriatraces"])
def test_a_store_keeps_two_years_where_its_volume_is(store):
    flags = dict(flag.partition("=")[::2] for flag in SERVICES[store]["command"])
    assert flags["-retentionPeriod"] == "2y"
    assert flags["-storageDataPath"] in {target for name, _, target, _ in mounts({}) if name == store}


def test_the_stores_run_with_the_flags_of_the_tests():
    assert set(stores.METRICS_FLAGS) <= set(SERVICES["victoriametrics"]["command"])
    assert set(stores.LOGS_FLAGS) <= set(SERVICES["victorialogs"]["command"])


def test_what_is_waited_for_exists_and_can_happen():
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            # A service of no profile that waited for one of the demo would not start without it.
            assert "profiles" in service or "profiles" not in SERVICES[other], name
            # A service that is always restarted never completes; one that completes is not waited for as started.
            ends = SERVICES[other].get("restart") is None
            assert how["condition"] == ("service_completed_successfully" if ends else "service_started"), (name, other)


def test_no_health_check_relies_on_a_shell():
    assert [name for name, service in SERVICES.items() if "healthcheck" in service] == []


def test_the_demo_waits_for_a_collector_that_answers():
    assert SERVICES["ready"]["command"][:2] == ["doctor", "--wait"]
    assert "ready" in SERVICES["demo"]["depends_on"]
    assert SERVICES["demo"]["environment"] == SERVICES["ready"]["environment"]


def test_the_queue_can_be_written_by_the_collector():
    """Its image runs as UID 10001; a fresh named volume belongs to root."""
    owner = SERVICES["volumes-owner"]
    (queue,) = [
        target for name, source, target, _ in mounts({}) if (name, source) == ("volumes-owner", "collector-queue")
    ]
    assert owner["command"][:2] == ["chown", "10001:10001"]
    assert queue in owner["command"]
    assert "volumes-owner" in SERVICES["collector"]["depends_on"]
    configured = yaml.safe_load(stores.COLLECTOR_CONFIG.read_text())["extensions"]["file_storage"]["directory"]
    default = re.fullmatch(r"\$\{env:\w+:-(.+)\}", configured)[1]
    assert default in {target for name, _, target, _ in mounts({}) if name == "collector"}


def test_the_collectors_variables_are_given_or_have_defaults():
    used = re.findall(r"\$\{env:(\w+)(:-[^}]+)?\}", stores.COLLECTOR_CONFIG.read_text())
    given = SERVICES["collector"]["environment"]
    assert [name for name, default in used if not default and name not in given] == []
    assert given.keys() <= {name for name, _ in used}


def test_the_collector_is_told_the_addresses_that_the_services_have():
    for name, url in SERVICES["collector"]["environment"].items():
        if name.endswith("_URL"):
            service, port = re.fullmatch(r"http://(\w+):(\d+)", url).groups()
            assert f"127.0.0.1:{port}:{port}" in SERVICES[service]["ports"]


def test_every_variable_of_the_file_has_a_default():
    text = re.sub(r"(?m)^\s*#.*$", "", (ROOT / "docker-compose.yml").read_text())
    assert re.findall(r"\$(?!\{\w+:-[^}]*\})", text) == []


def test_grafanas_data_sources_are_the_stores_under_fixed_uids():
    sources = yaml.safe_load((ROOT / "grafana/provisioning/datasources/datasources.yml").read_text())["datasources"]
    assert {one["uid"]: (one["type"], one["url"]) for one in sources} == {
        "victoriametrics": ("prometheus", "http://victoriametrics:8428"),
        "victorialogs": ("victoriametrics-logs-datasource", "http://victorialogs:9428"),
        "victoriatraces": ("jaeger", "http://victoriatraces:10428/select/jaeger"),
    }
    (link,) = next(one for one in sources if one["uid"] == "victorialogs")["jsonData"]["derivedFields"]
    assert link["datasourceUid"] in {one["uid"] for one in sources}
    plugin = SERVICES["grafana"]["environment"]["GF_PLUGINS_PREINSTALL_SYNC"]
    assert re.fullmatch(r"victoriametrics-logs-datasource@\d+\.\d+\.\d+", plugin)
