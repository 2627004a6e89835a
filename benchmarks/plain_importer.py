"""An importer as anyone would write it, and as the predecessor's was: read a line, split its release_id, post batches.

``python -m benchmarks.plain_importer metrics|logs URL FILE...``: batches of 10,000 JSON lines from 4 threads, to
VictoriaMetrics' ``/api/v1/import`` or VictoriaLogs' ``/insert/jsonline``. It prints how many lines it has sent.
"""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import urllib3

BATCH_LINES, THREADS = 10_000, 4
WORDS = (
    "environment", "provider", "account", "region", "partition", "target_type", "target", "application", "stack",
    "service", "tag", "release",
)  # fmt: skip
PATHS = {
    "metrics": "/api/v1/import",
    "logs": "/insert/jsonline?_stream_fields=environment,region,service_id&_time_field=timestamp&_msg_field=message",
}


def ids(release_id: str) -> dict[str, str]:
    """The 12 words and the 8 composites."""
    words = release_id.split(":")
    return {
        **dict(zip(WORDS, words, strict=True)),
        "provider_id": ":".join(words[:3]),
        "region_id": ":".join(words[:4]),
        "partition_id": ":".join(words[:5]),
        "target_id": ":".join(words[:7]),
        "stack_id": ":".join(words[7:9]),
        "service_id": ":".join(words[7:10]),
        "deployment_id": ":".join(words[:11]),
        "release_id": release_id,
    }


def metric(line: dict[str, Any]) -> dict[str, Any]:
    """A metric line as VictoriaMetrics imports it; the persona would make a series of nearly every point."""
    tags = {key: value for key, value in line["tags"].items() if key not in ("release_id", "persona")}
    labels = {"__name__": line["metric"], **ids(line["tags"]["release_id"]), **tags}
    return {"metric": labels, "values": [line["value"]], "timestamps": [int(line["ts"] * 1000)]}


def log(line: dict[str, Any]) -> dict[str, Any]:
    """A log line as VictoriaLogs takes it."""
    return {**{key: value for key, value in line.items() if value is not None}, **ids(line["release_id"])}


def batches(kind: str, paths: list[Path]) -> Iterator[list[dict[str, Any]]]:
    made = metric if kind == "metrics" else log
    for path in paths:
        with path.open(encoding="utf-8") as file:
            while lines := list(islice(file, BATCH_LINES)):
                yield [made(json.loads(line)) for line in lines]


def main() -> None:
    kind, url, *names = sys.argv[1:]
    pool = urllib3.PoolManager(maxsize=THREADS)

    def post(batch: list[dict[str, Any]]) -> int:
        body = "\n".join(map(json.dumps, batch)) + "\n"
        reply = pool.request("POST", url + PATHS[kind], body=body.encode())
        if reply.status not in (200, 204):
            sys.exit(f"status {reply.status}: {reply.data[:200]!r}")
        return len(batch)

    sent = 0
    with ThreadPoolExecutor(THREADS) as threads:
        waiting = []
        for batch in batches(kind, [Path(name) for name in names]):
            waiting.append(threads.submit(post, batch))
            if len(waiting) >= 2 * THREADS:
                sent += waiting.pop(0).result()
        sent += sum(each.result() for each in waiting)
    print(json.dumps({"sent": sent}))


if __name__ == "__main__":
    main()
