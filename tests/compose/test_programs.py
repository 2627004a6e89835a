"""The programs of the stack: the real stores know the flags they are given, and otelsim its commands."""

import re
import subprocess
import time
from pathlib import Path

import click
import pytest

from otelsim.cli.main import cli
from otelsim.doctor.findings import OK
from otelsim.doctor.pages import site
from otelsim.doctor.rules import Need
from otelsim.doctor.stores import STORES, check_store
from otelsim.sinks.otlp.settings import NO_FILES
from tests.backends import building, stores

from .stack import SERVICES, here, interpolated

# Of v0.10.0; before, -search.traceServiceAndSpanNameLookbehind was both.
ADDED_BY_VICTORIATRACES = {"-search.streamFieldsLookbehind", "-search.fieldsLookbehind"}
DOCUMENTED_FLAGS = {
    "victoriametrics": ["-retentionPeriod", "-search.cacheTimestampOffset", "-opentelemetry.usePrometheusNaming"],
    "victorialogs": ["-retentionPeriod"],
}


def known_flags(program: Path) -> set[str]:
    done = subprocess.run([program, "-help"], capture_output=True, text=True, check=False)
    return set(re.findall(r"^  (-[\w.]+)", done.stdout + done.stderr, re.MULTILINE))


def flags_of(store: str) -> set[str]:
    return {flag.partition("=")[0] for flag in SERVICES[store]["command"]}


@pytest.mark.backends
@pytest.mark.parametrize("store", ["victoriametrics", "victorialogs"])
def test_the_real_store_knows_every_flag(store):
    built = building.programs_or_skip()
    program = {"victoriametrics": built.victoria_metrics, "victorialogs": built.victoria_logs}[store]
    assert flags_of(store) >= set(DOCUMENTED_FLAGS[store])
    assert flags_of(store) <= known_flags(program)
    assert "-retentionPeriods" not in known_flags(program)


@pytest.mark.backends
def test_the_flags_that_victoriatraces_has_from_victorialogs_are_known_there():
    """VictoriaTraces cannot be built here, so its own -help is not asked: what it adds is only listed."""
    known = known_flags(building.programs_or_skip().victoria_logs)
    assert flags_of("victoriatraces") - known == ADDED_BY_VICTORIATRACES


@pytest.mark.backends
def test_the_doctor_finds_the_stores_settings_good(tmp_path):
    """The real stores with the very flags of the compose file, but for port and folders."""
    built, now_s = building.programs_or_skip(), int(time.time())
    started = {
        "victoriametrics": stores.victoria_metrics(built, tmp_path),
        "victorialogs": stores.victoria_logs(built, tmp_path),
    }
    need = Need(now_s // 86_400 * 86_400 - 365 * 86_400, now_s // 86_400 * 86_400, now_s, 4_128_768)
    for kind, (name, store) in zip(STORES, started.items(), strict=False):
        own = [word for word in store.command if word.startswith(("-httpListenAddr", "-storageDataPath"))]
        flags = [word for word in SERVICES[name]["command"] if not word.startswith(("-httpListen", "-storageData"))]
        flags = [here(name, word) for word in flags]
        store.command = [store.command[0], *own, *flags]
        with store:
            found = check_store(kind, site("--x", store.url, NO_FILES, 5.0), need, given=True)
        assert {each.verdict for each in found} == {OK}
        assert found[0].text == f"is {kind.name}"


def test_the_doctor_looks_where_the_stack_publishes():
    published = {port for service in SERVICES.values() for port in service.get("ports", [])}
    for store in STORES:
        address = store.url.removeprefix("http://")
        assert f"{address}:{address.partition(':')[2]}" in published


def command_line(service: str) -> list[str]:
    return [interpolated(word, {}) for word in SERVICES[service]["command"]]


def understood(words: list[str]) -> click.Context:
    """The command that the program would run; raises UsageError as it would refuse it."""
    group = click.Context(cli)
    name, command, rest = cli.resolve_command(group, words)
    return command.make_context(name, rest, parent=group)


@pytest.mark.parametrize("service", ["ready", "demo"])
def test_the_program_understands_its_command(service):
    words = command_line(service)
    assert understood(words).info_name == words[0]
    assert all("$" not in word for word in words)


@pytest.mark.parametrize("words", [["doctor", "--waits"], ["physician"], ["generate", "many", "--sink=otlp"]])
def test_a_command_that_the_program_does_not_understand_would_be_seen(words):
    with pytest.raises(click.UsageError):
        understood(words)


def test_the_doctor_is_told_every_address():
    urls = dict(word.split("=") for word in SERVICES["ready"]["command"][2:])
    config = stores.COLLECTOR_CONFIG.read_text()
    ports = {option: re.fullmatch(r"http://(\w+):(\d+)", url).groups() for option, url in urls.items()}
    for option in ("--metrics-store", "--logs-store", "--traces-store"):
        service, port = ports.pop(option)
        assert f"-httpListenAddr=:{port}" in SERVICES[service]["command"]
    assert ports.pop("--collector-health") == ("collector", re.search(r"HEALTH_ENDPOINT:-0\.0\.0\.0:(\d+)", config)[1])
    assert ports.pop("--collector-metrics") == ("collector", re.search(r"METRICS_PORT:-(\d+)", config)[1])
    assert ports == {}
