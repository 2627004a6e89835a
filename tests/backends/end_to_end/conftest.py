"""Fresh stores behind the real Collector, with a receiver that tells runs' spans apart."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from tests.backends import stores
from tests.backends.building import Programs
from tests.backends.end_to_end.filling import Filled, settle
from tests.backends.end_to_end.runs import send, week, write
from tests.backends.end_to_end.spans import SpansOfRuns
from tests.backends.processes import Service
from tests.backends.stores import COLLECTOR_CONFIG, Backends

Starter = Callable[..., AbstractContextManager[Backends]]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def fresh(programs: Programs) -> Starter:
    """``with fresh(directory) as backends``: a Collector and empty stores, as often as they are needed.

    With ``dashboards`` VictoriaMetrics also asks the stores for their counters, and has a dashboard for its own page.
    """

    @contextmanager
    def start(directory: Path, dashboards: bool = False) -> Iterator[Backends]:
        with ExitStack() as stack:
            stack.callback(_remove_data, directory)
            logs = stack.enter_context(stores.victoria_logs(programs, directory))
            metrics = stores.victoria_metrics(programs, directory)
            if dashboards:
                metrics.command += _for_dashboards(directory, metrics, logs)
            stack.enter_context(metrics)
            spans = stack.enter_context(SpansOfRuns())
            urls = {"VICTORIAMETRICS_URL": metrics.url, "VICTORIALOGS_URL": logs.url, "VICTORIATRACES_URL": spans.url}
            front = stack.enter_context(stores.collector(programs, directory, urls, COLLECTOR_CONFIG))
            yield Backends(front, metrics, logs, spans)

    return start


def _for_dashboards(directory: Path, metrics: Service, logs: Service) -> list[str]:
    """Flags of the compose stack; its own file of whom to ask, with these stores' addresses and more often."""
    asked = yaml.safe_load((ROOT / "collector" / "scrape.yaml").read_text())
    asked["global"]["scrape_interval"] = "2s"
    addresses = {"victoriametrics": metrics.url, "victorialogs": logs.url}
    asked["scrape_configs"] = [job for job in asked["scrape_configs"] if job["job_name"] in addresses]
    for job in asked["scrape_configs"]:
        job["static_configs"] = [{"targets": [addresses[job["job_name"]].removeprefix("http://")]}]
    (directory / "scrape.yaml").write_text(yaml.safe_dump(asked))
    return [
        f"-promscrape.config={directory / 'scrape.yaml'}",
        f"-vmui.customDashboardsPath={ROOT / 'grafana' / 'vmui'}",
    ]


@pytest.fixture(scope="session", params=[10_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def filled(
    fresh: Starter, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Filled]:
    """Stores with scenario `incidents` in them, and its JSON lines."""
    directory, asked = tmp_path_factory.mktemp("filled"), week(request.param)
    written = write(asked, directory / "written")
    with fresh(directory, dashboards=True) as backends:
        sent = send(asked, directory / "sent", backends.collector.url)
        settle(backends)
        yield Filled(backends, sent, written)
    shutil.rmtree(written.folder)


def _remove_data(directory: Path) -> None:
    """Full volumes are many gigabytes, which pytest would keep for three sessions. The programs' logs stay."""
    for data in (directory / name for name in ("victoria-metrics", "victoria-logs", "queue")):
        shutil.rmtree(data, ignore_errors=True)
