"""Who is asked, what is waited for, and what is said meanwhile."""

import pytest

from otelsim.doctor.asking import Asked, Waited
from otelsim.doctor.findings import NOT_ASKED, OK, PROBLEM, as_json_values
from otelsim.doctor.waiting import Time, wait
from otelsim.errors import InputError

from .conftest import closed_port
from .pages import PageServer, metrics_page
from .test_endpoint import settings
from .test_stores import GOOD


def test_stores_on_this_machine_are_found(http, usual, need):
    with PageServer(metrics_page("vl_", GOOD["VictoriaLogs"])) as server:
        usual(logs_store=server.url)
        found = Asked(settings(http.url), {}).findings(need)
    assert {each.check: each.verdict for each in found if each.of == server.url} == {
        "reachable": OK, "retention": OK, "fields": OK,
    }  # fmt: skip
    assert [each.text for each in found if each.verdict == NOT_ASKED] == [
        "no Collector answers there",
        "no Collector answers there",
        "no VictoriaMetrics answers there",
        "no VictoriaTraces answers there",
    ]


def test_a_remote_endpoints_stores_are_not_looked_for(usual, need):
    with PageServer(metrics_page("vl_", GOOD["VictoriaLogs"])) as server:
        usual(logs_store=server.url)
        found = Asked(settings("http://collector.invalid:4318"), {}).findings(need)
        assert server.asked == []
    assert [each.verdict for each in found] == [PROBLEM] + [NOT_ASKED] * 5
    assert [each.change for each in found[1:]] == [
        "--collector-health URL", "--collector-metrics URL",
        "--metrics-store URL", "--logs-store URL", "--traces-store URL",
    ]  # fmt: skip


def test_one_remote_signal_is_enough_to_look_for_none(http, usual, need):
    mixed = [*settings(http.url, signals=["logs"]), *settings("http://other.invalid:1", signals=["traces"])]
    assert not Asked(mixed, {}).here
    assert Asked(mixed[:1], {}).here


def test_given_stores_are_asked_wherever_the_endpoint_is(usual, need):
    with PageServer(metrics_page("vt_", GOOD["VictoriaTraces"])) as server:
        found = Asked(settings("http://collector.invalid:4318"), {"--traces-store": server.url}).findings(need)
    assert {each.check: each.verdict for each in found if each.of == server.url} == {
        "reachable": OK, "retention": OK, "size": OK,
    }  # fmt: skip


def test_stores_of_other_signals_are_left_alone_unless_given(http, usual, need):
    of_logs = settings(http.url, signals=["logs"])
    assert "VictoriaMetrics" not in str(Asked(of_logs, {}).findings(need))
    with PageServer(metrics_page("vm_", GOOD["VictoriaMetrics"])) as server:
        assert "is VictoriaMetrics" in str(Asked(of_logs, {"--metrics-store": server.url}).findings(need))


def test_a_malformed_url_names_its_option(http):
    with pytest.raises(InputError, match="--logs-store: the endpoint must be a URL"):
        Asked(settings(http.url), {"--logs-store": "localhost:9428"})


def test_findings_for_programs(http, usual, need):
    found = Asked(settings(http.url), {"--logs-store": f"http://127.0.0.1:{closed_port()}"}).findings(need)
    values = as_json_values(found)
    assert (values["ok"], values["problems"], values["warnings"]) == (False, 1, 0)
    assert [each["verdict"] for each in values["findings"]] == [each.verdict for each in found]
    assert values["findings"][0].keys() == {"verdict", "of", "check", "text", "change"}


def test_the_endpoints_and_what_was_given_are_waited_for(http, usual):
    with PageServer({"/": (503, "")}) as server:
        sites = {"--collector-health": server.url, "--logs-store": f"http://127.0.0.1:{closed_port()}"}
        waited = Asked(settings(http.url), sites).waited()
        assert [each.name for each in waited] == [f"{http.url}/v1/traces", server.url, sites["--logs-store"]]
        assert [each.silence() for each in waited] == ["", "HTTP 503", "Connection refused"]
        server.pages["/"] = (200, "")
        assert waited[1].silence() == ""


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def waiting(limit_s, **reasons):
    """What is said, how long it took and whether all answered; each name has its reasons in turn, then answers."""
    clock, said = Clock(), []
    waited = [Waited(name, lambda left=list(texts): left.pop(0) if left else "") for name, texts in reasons.items()]
    done = wait(waited, limit_s, Time(lambda: clock.now_s, clock.sleep), said.append)
    return said, clock.now_s - 100, done


def test_what_answers_is_not_waited_for():
    assert waiting(5, a=[], b=[]) == ([], 0, True)


def test_reasons_are_told_when_they_are_new():
    said, seconds, done = waiting(60, a=["refused", "refused", "HTTP 503", "HTTP 503"], b=[], c=["refused"])
    assert said == [
        "waiting for a: refused", "waiting for c: refused", "c answers", "waiting for a: HTTP 503", "a answers",
    ]  # fmt: skip
    assert (seconds, done) == (4, True)


def test_waiting_ends():
    said, seconds, done = waiting(3, a=["refused"] * 9, b=[], c=["refused"] * 9)
    assert said[-1] == "waited 3 s in vain for a, c"
    assert (seconds, done) == (3, False)
