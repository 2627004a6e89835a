"""The senders that are compared: which settings each can be tried with, and the commands that run it."""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from benchmarks.otlp.material import material
from benchmarks.otlp.measuring import Measured, Sending
from benchmarks.otlp.receiving import SENDERS, Endpoints
from benchmarks.otlp.tuning import Choices, Setting
from otelsim.sinks.otlp.settings import MAX_REQUEST_BYTES

REQUESTS = 1_000_000
"""Of the week that otelsim sends: in each slice several full batches, as in all large runs."""
WORKERS = [len(SENDERS), len(SENDERS) + 1]
"""A process for each CPU that senders have, or one more, since they wait for the receiver at times."""
WEEK = ("--start", "2025-03-03", "--end", "2025-03-10")


class Kind(NamedTuple):
    """What is sent."""

    name: str
    signals: tuple[str, ...]
    metrics: str = "points"


SPANS, LOGS, POINTS = Kind("spans", ("traces",)), Kind("log records", ("logs",)), Kind("gauge points", ("metrics",))
ALL = Kind("all three, with histograms", ("traces", "logs", "metrics"), "both")
KINDS = (SPANS, LOGS, POINTS, ALL)


class Sender(Protocol):
    """Something that sends."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    def choices(self, kind: Kind) -> Choices:
        """What to try; the first of each is expected to be best."""

    def sending(self, kind: Kind, setting: Setting, to: Endpoints, seconds: float) -> Sending:
        """The commands that send for about so long."""

    def made(self, measured: Measured) -> int:
        """Records that it says it made."""


@dataclass
class Otelsim:
    """``otelsim generate``: it sends a run, however long that takes."""

    folder: Path
    requests: int = REQUESTS
    compression: str = "none"
    time: tuple[str, ...] = WEEK

    @property
    def name(self) -> str:
        return "otelsim" + (", gzip" if self.compression == "gzip" else "")

    def choices(self, kind: Kind) -> Choices:
        return {
            "workers": WORKERS,
            "in flight": [2, 4],
            "protocol": ["http", "grpc"],
            "request bytes": [MAX_REQUEST_BYTES, 1 << 20],
        }

    def sending(self, kind: Kind, setting: Setting, to: Endpoints, seconds: float) -> Sending:
        grpc = setting["protocol"] == "grpc"
        options = {
            "--sink": "otlp",
            "--endpoint": f"http://{to.grpc}" if grpc else to.http,
            "--protocol": "grpc" if grpc else "http/protobuf",
            "--compression": self.compression,
            "--signals": ",".join(kind.signals),
            "--metrics": kind.metrics,
            "--workers": setting["workers"],
            "--in-flight": setting["in flight"],
            "--max-request-bytes": setting["request bytes"],
            # Stores that are slow are waited for: a second attempt would count twice.
            "--timeout": 600,
            "--output": self.folder / "run",
        }
        words = [str(word) for pair in options.items() for word in pair]
        generate = [sys.executable, "-m", "otelsim", "generate", str(self.requests), *self.time]
        return Sending([[*generate, *words, "--overwrite", "--quiet", "--json"]], limit_s=900.0)

    def made(self, measured: Measured) -> int:
        """What was acknowledged; ends everything with a message where that is not all."""
        account = json.loads(measured.said[0])["account"]
        if any(tally["generated"] != tally["acknowledged"] for tally in account.values()):
            sys.exit(f"otelsim was refused records: {account}")
        return sum(tally["acknowledged"] for tally in account.values())


@dataclass
class Limit:
    """The requests of an otelsim run, posted in a loop."""

    bodies: Path
    compression: str = "none"

    @property
    def name(self) -> str:
        return "limit" + (", gzip" if self.compression == "gzip" else "")

    def choices(self, kind: Kind) -> Choices:
        return {"processes": [1, 2], "connections": [2, 4]}

    def sending(self, kind: Kind, setting: Setting, to: Endpoints, seconds: float) -> Sending:
        parts = setting["processes"]
        post = [*_module("posting"), "--url", to.http, "--bodies", str(self.bodies), "--seconds", str(seconds)]
        post += ["--connections", str(setting["connections"])]
        post += ["--gzip"] if self.compression == "gzip" else []
        return Sending([[*post, "--part", str(i), str(parts)] for i in range(parts)], limit_s=seconds + 900)

    def made(self, measured: Measured) -> int:
        return _said(measured)


@dataclass
class Sdk:
    """The OpenTelemetry Python SDK, with records of an otelsim run."""

    bodies: Path
    name: str = "OpenTelemetry SDK"

    def choices(self, kind: Kind) -> Choices:
        choices: Choices = {"processes": WORKERS, "protocol": ["http", "grpc"], "batch": [512, 2_048]}
        return choices if kind == POINTS else {**choices, "pace": ["flush", "free"]}

    def sending(self, kind: Kind, setting: Setting, to: Endpoints, seconds: float) -> Sending:
        command = [*_module("sdk"), "--signal", kind.signals[0], "--protocol", setting["protocol"]]
        command += ["--endpoint", to.grpc if setting["protocol"] == "grpc" else to.http, "--bodies", str(self.bodies)]
        command += ["--seconds", str(seconds), "--batch", str(setting["batch"]), "--pace", setting.get("pace", "free")]
        return Sending([command] * setting["processes"])

    def made(self, measured: Measured) -> int:
        return _said(measured)


@dataclass
class Telemetrygen:
    """telemetrygen: with its own two attributes at most, or with those of a record and a resource of an otelsim run."""

    program: Path
    bodies: Path | None = None

    @property
    def name(self) -> str:
        return "telemetrygen" + (", attributes as otelsim's" if self.bodies else "")

    def choices(self, kind: Kind) -> Choices:
        choices: Choices = {"workers": WORKERS, "protocol": ["grpc", "http"], "batch": [2_000, 500, 8_000]}
        return choices | {"queue": [2_048, 50_000]} if kind == SPANS else choices

    def sending(self, kind: Kind, setting: Setting, to: Endpoints, seconds: float) -> Sending:
        signal, http = kind.signals[0], setting["protocol"] == "http"
        endpoint = to.http.removeprefix("http://") if http else to.grpc
        command = [str(self.program), signal, "--otlp-insecure", "--otlp-endpoint", endpoint, "--rate", "0"]
        command += ["--duration", f"{seconds}s", "--workers", str(setting["workers"])]
        command += ["--batch-size", str(setting["batch"]), *(["--otlp-http"] if http else [])]
        queue = {"OTEL_BSP_MAX_QUEUE_SIZE": str(setting["queue"])} if "queue" in setting else {}
        return Sending([command + self._attributes(signal)], queue)

    def _attributes(self, signal: str) -> list[str]:
        if self.bodies is None:
            return []
        like = material(self.bodies, signal, 1)
        # It adds one or two of its own to spans and log records.
        own = {"traces": 2, "logs": 1, "metrics": 0}[signal]
        record = list(like.records[0].attributes.items())[own:]
        words = [("--telemetry-attributes", pair) for pair in record]
        words += [("--otlp-attributes", pair) for pair in like.resource.items()]
        return [word for option, (key, value) in words for word in (option, f"{key}={json.dumps(value)}")]

    def made(self, measured: Measured) -> int:
        """What its workers report; a trace has two spans."""
        found = re.findall(r'(traces|logs|metrics) generated.*"(?:traces|logs|metrics)": (\d+)', measured.told[0])
        return sum(int(count) * (2 if signal == "traces" else 1) for signal, count in found)


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.otlp.{name}"]


def _said(measured: Measured) -> int:
    return sum(sum(json.loads(said)["made"].values()) for said in measured.said)
