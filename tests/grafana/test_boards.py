"""The committed dashboards: current, whole in the SDK's types, and at one with the provisioned data sources."""

import json
import re

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins, runtime
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import generate, models
from tests.compose.stack import ROOT, SERVICES, mounts
from tests.grafana import boards
from tests.grafana.asking import TRACES
from tests.grafana.boards import BOARDS, Asked

PROVISIONING = ROOT / "grafana" / "provisioning"
SOURCES = {
    source["uid"]: source
    for source in yaml.safe_load((PROVISIONING / "datasources" / "datasources.yml").read_text())["datasources"]
}
EVERY = pytest.mark.parametrize("board", BOARDS)
OWN_OF_GRAFANA = re.compile(r"__\w+")
# JaegerQuery of Grafana's plugin: public/app/plugins/datasource/jaeger/types.ts.
TEXT, NUMBER = str, int
JAEGER = dict.fromkeys(("service", "operation", "query", "tags", "minDuration", "maxDuration"), TEXT) | {
    "limit": NUMBER, "queryType": TEXT, "refId": TEXT, "datasource": dict, "hide": bool, "key": TEXT,
}  # fmt: skip
JAEGER_TYPES = {"search", "upload", "dependencyGraph"}


def stale(files):
    """Files that are not as they would be generated."""
    return [path.name for path, text in files.items() if not path.exists() or path.read_text() != text]


def test_what_is_committed_is_what_is_generated():
    files = generate.files()
    assert stale(files) == []
    committed = {*(ROOT / "grafana" / "dashboards").iterdir(), *(ROOT / "grafana" / "vmui").iterdir()}
    assert committed == files.keys()


def test_a_stale_file_is_seen(tmp_path):
    (tmp_path / "a.json").write_text("{}\n")
    assert stale({tmp_path / "a.json": "{}\n"}) == []
    assert stale({tmp_path / "a.json": "{ }\n", tmp_path / "b.json": ""}) == ["a.json", "b.json"]


def lost(data):
    """Whether a dashboard does not come back as it was from the SDK's types."""
    return json.loads(json.dumps(models.load(data), cls=JSONEncoder)) != data


def untyped(board):
    """Targets that the SDK has no type for, and panels that it has no options for."""
    queries = [*board.panels, *(one for one in board.annotations.list_val)]
    targets = [t for one in queries for t in getattr(one, "targets", None) or [getattr(one, "query", None)] if t]
    kinds = [panel.type_val for panel in board.panels if panel.type_val != "row"]
    return [t for t in targets if isinstance(t, runtime.UnknownDataquery)] + [
        kind for kind in kinds if runtime.panelcfg_config(kind) is None
    ]


@EVERY
def test_a_dashboard_loads_through_the_typed_sdk_without_loss(board):
    assert not lost(BOARDS[board])
    assert untyped(models.load(BOARDS[board])) == []


@pytest.mark.parametrize("place", ["board", "panel", "target", "annotation", "options"])
def test_a_loss_is_seen(place):
    data = json.loads(json.dumps(BOARDS["incidents"]))
    panel = next(panel for panel in data["panels"] if panel["type"] == "timeseries")
    places = {
        "board": data,
        "panel": panel,
        "target": panel["targets"][0],
        "annotation": data["annotations"]["list"][0],
        "options": panel["options"]["legend"],
    }
    places[place]["misspelt"] = 1
    assert lost(data)


def test_an_unknown_source_and_an_unknown_panel_are_seen():
    plugins.register_default_plugins()
    data = json.loads(json.dumps(BOARDS["incidents"]))
    panel = next(panel for panel in data["panels"] if panel["type"] == "timeseries")
    panel["datasource"]["type"] = panel["targets"][0]["datasource"]["type"] = "elsewhere"
    panel["type"] = "graph"
    assert len(untyped(models.load(data))) == 2


def sources_of(node):
    """Every reference to a data source, anywhere."""
    if isinstance(node, dict):
        own = [node["datasource"]] if "datasource" in node else []
        return own + [found for value in node.values() for found in sources_of(value)]
    return [found for value in node for found in sources_of(value)] if isinstance(node, list) else []


@EVERY
def test_every_data_source_is_provisioned(board):
    used = sources_of(BOARDS[board])
    assert used
    assert [one for one in used if one["type"] != SOURCES[one["uid"]]["type"]] == []
    for panel in (panel for panel in BOARDS[board]["panels"] if panel["type"] != "row"):
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {panel["datasource"]["uid"]}


def test_boards_agree_and_differ_where_they_must():
    assert len({board["schemaVersion"] for board in BOARDS.values()}) == 1
    assert {board["timezone"] for board in BOARDS.values()} == {"utc"}
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS) == 5
    assert [name for name, board in BOARDS.items() if board["uid"] != f"otelsim-{name}"] == []


@EVERY
def test_panels_have_ids_and_places_of_their_own(board):
    panels = BOARDS[board]["panels"]
    assert sorted(panel["id"] for panel in panels) == list(range(1, len(panels) + 1))
    places = [
        (g["x"] + x, g["y"] + y) for g in (p["gridPos"] for p in panels) for x in range(g["w"]) for y in range(g["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    targets = [[target["refId"] for target in panel.get("targets", [])] for panel in panels]
    assert [refs for refs in targets if len(refs) != len(set(refs))] == []


def names_in(text):
    """Variables that a text uses."""
    return {name for name in re.findall(r"\$\{?(\w+)", text) if not OWN_OF_GRAFANA.fullmatch(name)}


@EVERY
def test_variables_are_defined_before_they_are_used(board):
    known = []
    for variable in boards.variables(board):
        assert names_in(json.dumps(variable["query"])) <= set(known)
        known.append(variable["name"])
    rest = {key: value for key, value in BOARDS[board].items() if key != "templating"}
    assert names_in(json.dumps(rest)) <= set(known)
    assert board == "pipeline" or known[:4] == ["environment", "region", "stack", "service"]


def test_an_unknown_variable_is_seen():
    assert names_in('x{a=~"$a"}[$__interval] ${b} ${__field.labels.c}') == {"a", "b"}


@EVERY
def test_links_lead_to_dashboards_that_exist(board):
    links = re.findall(r"/d/([\w-]+)", json.dumps(BOARDS[board]))
    assert set(links) <= {other["uid"] for other in BOARDS.values()}
    assert board != "incidents" or links


def against_the_schema(query):
    """What Jaeger's data source would not understand."""
    known = {key: value for key, value in query.items() if isinstance(value, JAEGER.get(key, ()))}
    bad = [key for key in query if key not in known]
    return bad + [query["queryType"]] * (query.get("queryType") not in JAEGER_TYPES)


def searches():
    return [asked for board in BOARDS for asked in boards.of_panels(board) if asked.source == TRACES]


@pytest.mark.parametrize("asked", searches(), ids=str)
def test_traces_are_asked_for_in_the_sources_own_words(asked):
    assert against_the_schema(asked.query) == []
    assert re.fullmatch(r"\$service_name", asked.query["service"])
    durations = next(v for v in boards.variables(asked.board) if v["name"] == "longer_than")["options"]
    assert [one["value"] for one in durations if not re.fullmatch(r"\d+(ms|s)", one["value"])] == []


def test_a_query_that_jaeger_does_not_know_is_seen():
    (asked, *_) = searches()
    assert isinstance(asked, Asked)
    assert against_the_schema({**asked.query, "minimum": "1s"}) == ["minimum"]
    assert against_the_schema({**asked.query, "limit": "20"}) == ["limit"]
    assert against_the_schema({**asked.query, "queryType": "slowest"}) == ["slowest"]


def test_signals_lead_to_one_another():
    (to_trace,) = SOURCES["victorialogs"]["jsonData"]["derivedFields"]
    assert (to_trace["matcherType"], to_trace["matcherRegex"], to_trace["url"]) == (
        "label",
        "trace_id",
        "$${__value.raw}",
    )
    assert SOURCES[to_trace["datasourceUid"]]["type"] == TRACES
    to_logs = SOURCES["victoriatraces"]["jsonData"]["tracesToLogsV2"]
    assert SOURCES[to_logs["datasourceUid"]]["type"] == "victoriametrics-logs-datasource"
    assert to_logs["customQuery"]
    assert to_logs["query"] == 'trace_id:="$${__trace.traceId}"'


def test_the_stores_are_asked_for_their_counters_where_they_listen():
    asked = yaml.safe_load((ROOT / "collector" / "scrape.yaml").read_text())["scrape_configs"]
    assert {job["job_name"] for job in asked} == {"victoriametrics", "victorialogs", "victoriatraces"}
    for job in asked:
        name, port = job["static_configs"][0]["targets"][0].split(":")
        assert name == job["job_name"]
        assert f"-httpListenAddr=:{port}" in SERVICES[name]["command"]


def test_compose_mounts_what_is_generated():
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "dashboards.yml").read_text())["providers"]
    mounted = [one[:3] for one in mounts({})]
    assert ("grafana", "./grafana/dashboards", provider["options"]["path"]) in mounted
    flags = dict(flag.split("=") for flag in SERVICES["victoriametrics"]["command"] if "=" in flag)
    assert ("victoriametrics", "./grafana/vmui", flags["-vmui.customDashboardsPath"]) in mounted
    assert ("victoriametrics", "./collector/scrape.yaml", flags["-promscrape.config"]) in mounted
