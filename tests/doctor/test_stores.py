"""Stores: known and unknown, well and ill; and the real ones, with good settings and bad ones."""

import ssl

import pytest

from otelsim.doctor.findings import NOT_ASKED, OK, PROBLEM, WARNING
from otelsim.doctor.pages import site
from otelsim.doctor.settings import FIELDS
from otelsim.doctor.stores import STORES, check_store
from otelsim.errors import InputError
from otelsim.sinks.otlp.settings import NO_FILES
from otelsim.sinks.otlp.tls import TlsFiles
from tests.backends import messages, stores
from tests.backends.processes import wait_until
from tests.backends.test_stores import post

from .conftest import closed_port
from .pages import PageServer, metrics_page

METRICS, LOGS, TRACES = STORES
GOOD = {
    "VictoriaMetrics": {"retentionPeriod": "2y", "maxLabelsPerTimeseries": "40"},
    "VictoriaLogs": {"retentionPeriod": "2y", "insert.maxFieldsPerLine": "1000"},
    "VictoriaTraces": {"retentionPeriod": "2y", "opentelemetry.traces.maxRequestSize": "67108864"},
}


def asked(store, url, need, given=True, files=NO_FILES):
    return check_store(store, site("--x", url, files, 3.0), need, given)


def verdicts(findings):
    return {each.check: each.verdict for each in findings}


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
@pytest.mark.parametrize("given", [True, False])
def test_a_good_store(store, given, need):
    with PageServer(metrics_page(store.beginning, GOOD[store.name])) as server:
        found = asked(store, server.url, need, given)
    assert {each.verdict for each in found} == {OK}
    assert found[0].text == f"is {store.name}"
    assert verdicts(found)["retention"] == OK
    assert len(found) == 3


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_a_short_retention_is_a_problem_of_any_store(store, need):
    with PageServer(metrics_page(store.beginning, GOOD[store.name] | {"retentionPeriod": "7d"})) as server:
        assert verdicts(asked(store, server.url, need))["retention"] == PROBLEM


def test_a_store_that_does_not_answer(need):
    url = f"http://127.0.0.1:{closed_port()}"
    (found,) = asked(LOGS, url, need)
    assert (found.verdict, found.of) == (PROBLEM, url)
    assert str(found) == "does not answer (Connection refused): start it, or correct --logs-store"
    (found,) = asked(LOGS, url, need, given=False)
    assert (found.verdict, str(found)) == (NOT_ASKED, "no VictoriaLogs answers there: --logs-store URL")


@pytest.mark.parametrize(
    ("pages", "text"),
    [
        ({"/metrics": (401, "")}, "shows its settings to nobody (HTTP 401)"),
        ({"/metrics": (302, "")}, "answers HTTP 302 at /metrics: nothing of it can be checked"),
        ({}, "answers HTTP 404 at /metrics: nothing of it can be checked"),
        ({"/metrics": (200, "<html>")}, "is no VictoriaMetrics: nothing of it can be checked"),
        (metrics_page("vl_", GOOD["VictoriaLogs"]), "is no VictoriaMetrics: nothing of it can be checked"),
        (metrics_page("vm_", GOOD["VictoriaLogs"]), "is no VictoriaMetrics: nothing of it can be checked"),
    ],
)
def test_what_cannot_be_checked_is_said(pages, text, need):
    with PageServer(pages) as server:
        (found,) = asked(METRICS, server.url, need)
        assert (found.verdict, found.text) == (WARNING, text)
        assert "--metrics-store" in found.change
        (found,) = asked(METRICS, server.url, need, given=False)
        assert found.verdict == NOT_ASKED


def test_a_full_disk_and_lost_rows(need):
    more = 'vl_storage_is_read_only{path="/d"} 1\nvl_rows_dropped_total{reason="too_many_fields"} 3\n'
    more += 'vl_rows_dropped_total{reason="debug"} 0'
    with PageServer(metrics_page("vl_", GOOD["VictoriaLogs"], more)) as server:
        found = {each.check: each for each in asked(LOGS, server.url, need)}
    assert (found["disk"].verdict, found["disk"].text) == (PROBLEM, "takes nothing: its disk is full")
    assert (found["rows"].verdict, found["rows"].text) == (
        WARNING,
        "took rows and did not keep them (too_many_fields 3)",
    )


def test_the_urls_secrets_are_sent_and_not_shown(need):
    with PageServer(metrics_page("vl_", GOOD["VictoriaLogs"] | {"retentionPeriod": "7d"})) as server:
        url = server.url.replace("://", "://user:canary-4f1b@") + "/p?authKey=canary-77"
        server.pages["/p/metrics"] = server.pages.pop("/metrics")
        found = asked(LOGS, url, need)
        (path, headers) = server.asked[0]
    assert path == "/p/metrics?authKey=canary-77"
    assert headers["authorization"] == "Basic dXNlcjpjYW5hcnktNGYxYg=="
    assert {each.of for each in found} == {f"{server.url}/p"}
    assert "canary" not in repr(found)
    assert "canary" not in repr(site("--x", url, NO_FILES, 1.0))


def test_credentials_do_not_go_over_plain_http():
    with pytest.raises(
        InputError, match=r"--logs-store: its credentials would go to vl\.example in the clear"
    ) as error:
        site("--logs-store", "http://user:canary-4f1b@vl.example:9428", NO_FILES, 1.0)
    assert "canary" not in str(error.value)
    assert site("--logs-store", "https://user:secret@vl.example", NO_FILES, 1.0)


def test_a_store_over_tls(need, pki, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pki.server.configure_cert(context)
    with PageServer(metrics_page("vl_", GOOD["VictoriaLogs"]), tls=context) as server:
        assert asked(LOGS, server.url, need, files=TlsFiles(pki.ca))[0].verdict == OK
        (found,) = asked(LOGS, server.url, need, files=TlsFiles(pki.stranger))
        assert found.text.startswith("does not answer (TLS: ")


def started(service, *flags):
    """A store, with flags instead of or besides those of the tests."""
    service.command = [word for word in service.command if word.partition("=")[0] not in OURS] + list(flags)
    return service


OURS = {flag.partition("=")[0] for flag in stores.METRICS_FLAGS}
ROW = messages.metrics("doctor", 1)


@pytest.mark.backends
def test_the_real_stores_as_the_compose_stack_has_them(programs, tmp_path, need):
    with stores.victoria_metrics(programs, tmp_path) as metrics, stores.victoria_logs(programs, tmp_path) as logs:
        found = {METRICS: asked(METRICS, metrics.url, need, given=False), LOGS: asked(LOGS, logs.url, need)}
        wrong = [*asked(METRICS, logs.url, need), *asked(LOGS, metrics.url, need), *asked(TRACES, logs.url, need)]
    assert [each for findings in found.values() for each in findings if each.verdict != OK] == []
    # A setting that a store no longer shows under this name would be passed over in silence.
    of_all = {"reachable": OK, "retention": OK, "size": OK}
    names = ("cache", "labels", "label names", "label values", "names", "deduplication")
    assert verdicts(found[METRICS]) == of_all | dict.fromkeys(names, OK)
    assert verdicts(found[LOGS]) == of_all | {"fields": OK}
    assert [each.verdict for each in wrong] == [WARNING] * 3
    assert {each.text.partition(":")[0] for each in wrong} == {f"is no {store.name}" for store in STORES}


@pytest.mark.backends
def test_the_real_metrics_store_with_its_defaults_loses_the_run(programs, tmp_path, need):
    with started(stores.victoria_metrics(programs, tmp_path)) as store:
        found = {each.check: each for each in asked(METRICS, store.url, need)}
        assert (found["retention"].verdict, found["retention"].change) == (PROBLEM, "-retentionPeriod=2y")
        assert found["retention"].text.startswith("keeps 31 days")
        assert found["cache"].verdict == found["names"].verdict == WARNING
        assert found["names"].change == "-opentelemetry.usePrometheusNaming"
        assert "rows" not in found
        # It is as the doctor says: half a year back is gone, and counted; the store's page may be a second old.
        post(f"{store.url}/opentelemetry/v1/metrics", ROW)
        assert store.points('{__name__!=""}') == 0
        wait_until(lambda: "(small_timestamp 1" in str(asked(METRICS, store.url, need)), 5, "the row to be counted")


@pytest.mark.backends
def test_the_real_metrics_store_with_bad_settings(programs, tmp_path, need):
    bad = {
        "labels": "-maxLabelsPerTimeseries=30",
        "label names": "-maxLabelNameLen=20",
        "label values": "-maxLabelValueLen=100",
        "deduplication": "-dedup.minScrapeInterval=1ms",
        "size": "-opentelemetry.maxRequestSize=1MiB",
        "backfill": "-maxBackfillAge=30d",
        "limits": "-storage.maxDailySeries=1000",
    }
    service = started(stores.victoria_metrics(programs, tmp_path), *stores.METRICS_FLAGS, *bad.values())
    with service as store:
        findings = asked(METRICS, store.url, need)
    found = {each.check: each for each in findings if each.verdict != OK}
    assert verdicts(found.values()) == dict.fromkeys(bad, PROBLEM) | {"limits": WARNING}
    assert found["labels"].change == "-maxLabelsPerTimeseries=40"
    assert found["size"].text == "takes requests of up to 1,048,576 bytes, and a run sends up to 4,128,768"


@pytest.mark.backends
def test_the_real_metrics_store_behind_a_password(programs, tmp_path, need):
    service = stores.victoria_metrics(programs, tmp_path)
    with started(service, *stores.METRICS_FLAGS, "-metricsAuthKey=canary-4f1b") as store:
        (found,) = asked(METRICS, store.url, need)
        assert (found.verdict, found.text) == (WARNING, "shows its settings to nobody (HTTP 401)")
        found = asked(METRICS, f"{store.url}?authKey=canary-4f1b", need)
    assert {each.verdict for each in found} == {OK}
    assert "canary" not in repr(found)


@pytest.mark.backends
def test_the_real_logs_store_with_its_defaults_loses_the_run(programs, tmp_path, need):
    with started(stores.victoria_logs(programs, tmp_path)) as store:
        found = {each.check: each for each in asked(LOGS, store.url, need)}
        assert (found["retention"].verdict, found["retention"].change) == (PROBLEM, "-retentionPeriod=2y")
        assert found["retention"].text.startswith("keeps 7 days")
        post(f"{store.url}/insert/opentelemetry/v1/logs", messages.logs("doctor", 1))
        assert store.count() == 0
        wait_until(lambda: "(too_small_timestamp 1)" in str(asked(LOGS, store.url, need)), 5, "the row to be counted")


@pytest.mark.backends
def test_the_real_logs_store_with_bad_settings(programs, tmp_path, need):
    flags = ("-insert.maxFieldsPerLine=30", "-retention.maxDiskUsagePercent=99", "-opentelemetry.maxRequestSize=1MiB")
    with started(stores.victoria_logs(programs, tmp_path), *stores.LOGS_FLAGS, *flags) as store:
        found = {each.check: each for each in asked(LOGS, store.url, need) if each.verdict != OK}
        assert verdicts(found.values()) == {"fields": PROBLEM, "size": PROBLEM, "limits": WARNING}
        assert found["fields"].change == f"-insert.maxFieldsPerLine={FIELDS}"
        # A limit for lines of text, which the doctor leaves alone, holds for no OTLP record; this one does.
        post(f"{store.url}/insert/opentelemetry/v1/logs", messages.logs("doctor", 1))
        assert store.count() == 0


@pytest.mark.backends
def test_a_limit_for_lines_holds_for_no_otlp_record(programs, tmp_path, need):
    service = stores.victoria_logs(programs, tmp_path)
    with started(service, *stores.LOGS_FLAGS, "-insert.maxLineSizeBytes=100") as store:
        assert {each.verdict for each in asked(LOGS, store.url, need)} == {OK}
        post(f"{store.url}/insert/opentelemetry/v1/logs", messages.logs("doctor", 3))
        assert store.count() == 3
