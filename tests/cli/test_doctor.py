"""``otelsim doctor`` as a user calls it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.command import OTELSIM, told
from tests.doctor.conftest import closed_port, http, usual
from tests.doctor.pages import PageServer, metrics_page
from tests.sinks.otlp.receiver import Step

from .test_commands import on_terminal

__all__ = ["http", "usual"]
CANARY = "canary-4f1b"
V = "OTEL_EXPORTER_OTLP_"
STORE = metrics_page("vl_", {"retentionPeriod": "2y"})
WHOLE = "the run would not arrive whole"


@pytest.fixture
def doctor(call, usual, monkeypatch):
    """The command, on a machine on which nothing else runs and no variable is set."""
    for name in [name for name in os.environ if name.startswith(V)]:
        monkeypatch.delenv(name)
    return lambda *words: call("doctor", *words)


def test_help_starts_with_examples(doctor):
    lines = doctor("--help").stdout.splitlines()
    assert lines[0] == "Examples:"
    assert lines[1].startswith("  otelsim doctor ")
    assert "--metrics-store URL" in "\n".join(lines)


def test_all_is_well(doctor, http):
    with PageServer(STORE) as server:
        done = doctor("--endpoint", http.url, "--logs-store", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"ok         {http.url}  protocol: speaks HTTP in the clear"
    assert lines[3] == f"ok         {http.url}/v1/metrics  metrics: takes requests, tried up to 4,128,768 bytes"
    assert f"ok         {server.url}  reachable: is VictoriaLogs" in lines
    assert {line[:9].strip() for line in lines} == {"ok", "not asked"}


def test_a_problem_is_exit_code_1(doctor):
    url = f"http://127.0.0.1:{closed_port()}"
    done = doctor("--endpoint", url)
    assert told(done, 1) == f"1 problem: {WHOLE}"
    change = "start it, or correct --endpoint"
    assert done.stdout.startswith(f"problem    {url}  reachable: does not answer (Connection refused): {change}\n")


def test_the_runs_time_range_decides(doctor, http):
    with PageServer(STORE) as server:
        words = ["--endpoint", http.url, "--logs-store", server.url, "--signals", "logs"]
        assert doctor(*words, "1000000", "500").returncode == 0
        done = doctor(*words, "--start", "2020-01-01", "--end", "2020-02-01")
        assert told(done, 1) == f"1 problem: {WHOLE}"
        assert "what is older is dropped: -retentionPeriod=" in done.stdout
        assert told(doctor(*words, "--scenario", "incidents", "--start", "2020-01-01"), 1).startswith("1 problem")


def test_json(doctor, http):
    done = doctor("--endpoint", http.url, "--json")
    values = json.loads(done.stdout)
    assert (done.returncode, values["ok"], values["problems"], values["warnings"]) == (0, True, 0, 0)
    assert values["findings"][1] == {
        "verdict": "ok",
        "of": f"{http.url}/v1/traces",
        "check": "traces",
        "text": "takes requests, tried up to 4,128,768 bytes",
        "change": "",
    }
    http.script(otherwise=Step(status=404))
    done = doctor("--endpoint", http.url, "--json", "--quiet")
    assert told(done, 1) == f"3 problems: {WHOLE}"
    assert json.loads(done.stdout)["problems"] == 3


def test_quiet_tells_what_is_to_be_changed(doctor, http):
    assert doctor("--endpoint", http.url, "--quiet").stdout == ""
    http.script(Step(), Step(), Step(), otherwise=Step(text="quota"))
    lines = doctor("--endpoint", http.url, "--quiet").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["warning", "warning"]


def test_variables_are_the_senders(doctor, http, monkeypatch):
    monkeypatch.setenv(V + "ENDPOINT", http.url)
    monkeypatch.setenv(V + "COMPRESSION", "gzip")
    done = doctor("--signals", " metrics , logs", "--max-request-bytes", "5000")
    assert done.returncode == 0
    assert done.stdout.count("takes requests with gzip, tried up to 5,000 bytes") == 2
    assert {arrival.signal for arrival in http.arrivals} == {"logs", "metrics"}


BAD = [
    (["--signals", "traces,spans"], "--signals: 'spans' is not one of traces, logs, metrics"),
    (["--signals", ""], "--signals: '' is not one of"),
    (["--endpoint", "localhost:4318"], "--endpoint: the endpoint must be a URL"),
    (["--protocol", "http/json"], "--protocol: 'http/json' is not one of"),
    (["--header", "nothing"], "--header: a header is written name=value"),
    (["--certificate", "nowhere.pem"], "--certificate: nowhere.pem cannot be read"),
    (["--max-request-bytes", "1"], "--max-request-bytes: '1' is not a whole number"),
    (["--metrics-store", "localhost:8428"], "--metrics-store: the endpoint must be a URL"),
    (["--logs-store", f"http://user:{CANARY}@vl.example"], "--logs-store: its credentials would go to vl.example"),
    (["--collector-health", "http://a b"], "--collector-health: the endpoint is not a URL"),
    (["--collector-metrics", f"http://u:12/{CANARY}@a"], "--collector-metrics: an @ in the endpoint's path"),
    (["--wait-for", "-1"], "--wait-for: "),
    (["--wait-for", "soon"], "--wait-for: "),
    (["--start", "yesterday"], "--start: not a date"),
    (["--start", "2025-02-01", "--end", "2025-01-01"], "--end: "),
    (["--scenario", "nowhere"], "--scenario: no scenario"),
    (["many"], "TOTAL_EVENTS: must be a whole number"),
    (["--json=yes"], "Option '--json' does not take a value"),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=lambda value: " ".join(value) if type(value) is list else "")
def test_bad_usage(doctor, refused, words, message):
    line = refused("doctor", *words)
    assert line.startswith(message)
    assert CANARY not in line


def test_waiting_for_the_endpoint(doctor, http):
    busy = Step(status=503)
    http.script(busy, busy)
    done = doctor("--endpoint", http.url, "--wait", "--signals", "logs")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        f"waiting for {http.url}/v1/logs: HTTP 503 Service Unavailable",
        f"{http.url}/v1/logs answers",
    ]
    assert "speaks HTTP" in done.stdout


def test_waiting_for_what_is_given(doctor, http):
    port, servers = closed_port(), []

    def start_later():
        time.sleep(0.5)
        servers.append(PageServer(STORE, port).__enter__())

    later = threading.Thread(target=start_later)
    later.start()
    done = doctor("--endpoint", http.url, "--wait", "--logs-store", f"http://localhost:{port}")
    later.join()
    servers[0].__exit__()
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == f"http://localhost:{port} answers"
    assert "is VictoriaLogs" in done.stdout


def test_waiting_ends(doctor):
    url = f"http://127.0.0.1:{closed_port()}"
    done = doctor("--endpoint", url, "--wait-for", "0")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"waiting for {url}/v1/traces: Connection refused",
        f"waited 0 s in vain for {url}/v1/traces",
        f"otelsim: 1 problem: {WHOLE}",
    ]
    assert told(doctor("--endpoint", url, "--wait-for", "0", "--quiet"), 1) == f"1 problem: {WHOLE}"


def test_no_waiting_for_what_waiting_does_not_change(doctor, http):
    """The other protocol: the checks tell at once."""
    began = time.monotonic()
    done = doctor("--endpoint", http.url, "--protocol", "grpc", "--wait")
    assert "it speaks HTTP" in done.stdout
    assert done.stderr == f"otelsim: 1 problem: {WHOLE}\n"
    assert time.monotonic() - began < 20


def test_waiting_can_be_interrupted():
    command = [*OTELSIM, "doctor", "--wait", "--endpoint", f"http://127.0.0.1:{closed_port()}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline().startswith("waiting for ")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read().strip() == "otelsim: interrupted"


def test_no_secret_is_shown(doctor, http, tmp_path, monkeypatch):
    token = tmp_path / "token"
    token.write_text(f"Bearer {CANARY}")
    # The receiver is rude: it repeats the header in all that it says.
    rude = f"no: Bearer {CANARY}"
    steps = [Step(status=503, text=rude), *[Step(text=rude)] * 5, Step(status=401, text=rude)]
    shown = []
    with PageServer(metrics_page("vl_", {"retentionPeriod": "1d"})) as server:
        store = server.url.replace("://", f"://user:{CANARY}@") + f"?authKey={CANARY}"
        words = [
            "--endpoint",
            f"{http.url}/p?key={CANARY}",
            "--logs-store",
            store,
            "--header",
            f"authorization=@{token}",
        ]
        for more in (["--wait"], ["--json"], ["--quiet"], ["--protocol", "grpc", "--endpoint", http.url]):
            http.script(*steps)
            done = doctor(*words, *more)
            assert done.returncode == 1
            shown += [done.stdout, done.stderr]
        assert [headers for _, headers in server.asked if CANARY in str(headers)] == []
        assert all(path.endswith(CANARY) for path, _ in server.asked)
    assert any(CANARY in str(arrival.headers) for arrival in http.arrivals)
    assert "***" in "".join(shown)
    assert CANARY not in "".join(shown)


def test_a_terminal_gets_a_table_in_colours():
    words = ["doctor", "--endpoint", f"http://127.0.0.1:{closed_port()}", "--signals", "logs"]
    seen = on_terminal(*words, COLUMNS="200")
    assert seen.splitlines()[0].startswith("┏━")
    assert "\x1b[1;31mproblem" in seen
    plain = on_terminal(*words, COLUMNS="200", NO_COLOR="1")
    assert "problem" in plain
    assert not any(f"\x1b[{style}m" in plain for style in ("1;31", "31", "32", "33"))


def test_it_starts_without_the_kernels():
    """numba takes a second to load, and nothing here needs it."""
    code = (
        "import sys\nfrom otelsim.cli.main import main\n"
        f"sys.argv = ['otelsim', 'doctor', '--endpoint', 'http://127.0.0.1:{closed_port()}']\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        "    print(end.code, 'otelsim.doctor.asking' in sys.modules, 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "1 True False"
