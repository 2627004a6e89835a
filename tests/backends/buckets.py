"""A real S3 server with buckets of its own, and what tests ask of them behind otelsim's back."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from botocore.session import Session

from tests.backends.processes import Service, free_ports

KEY, SECRET, REGION = "otelsim-tests", "not/a secret", "us-east-1"
NO_PROFILES = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Only what a test says is known of keys; and nobody else is asked for them."""
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Bucket:
    """A bucket, as a test names it and looks into it."""

    name: str
    host: str

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which it is reached where the URI says nothing of it."""
        keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}
        return {**NO_PROFILES, **keys, "AWS_ENDPOINT_URL": f"http://{self.host}"}

    def plain(self, prefix: str) -> str:
        """A URI for a process that has the variables."""
        return f"s3://{self.name}/{prefix}"

    def uri(self, prefix: str) -> str:
        """A URI that says all."""
        keys = f"{quote(KEY, '')}:{quote(SECRET, '')}"
        return f"s3://{keys}@{self.name}/{prefix}?endpoint_override={self.host}&scheme=http&region={REGION}"

    def client(self) -> Any:
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        return Session().create_client("s3", region_name=REGION, endpoint_url=f"http://{self.host}", **keys)

    def objects(self) -> dict[str, int]:
        """All that is visible, by key: bytes."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", ())}

    def uploads(self) -> list[str]:
        """The keys of multi-part uploads that are neither complete nor aborted."""
        return [each["Key"] for each in self.client().list_multipart_uploads(Bucket=self.name).get("Uploads", ())]


class Gateway(Service):
    """The server."""

    def bucket(self) -> Bucket:
        """A new one."""
        bucket = Bucket(f"bucket-{next(_NUMBERS)}", self.url.removeprefix("http://"))
        bucket.client().create_bucket(Bucket=bucket.name)
        return bucket


@contextmanager
def running(program: Path, directory: Path) -> Iterator[Gateway]:
    """The server, with its objects in a folder; what it tells of objects lies beside them, in files."""
    host = f"127.0.0.1:{free_ports(1)[0]}"
    for name in ("objects", "told"):
        (directory / name).mkdir()
    command = [str(program), "--port", host, "--region", REGION, "--health", "/health", "--quiet"]
    command += ["posix", "--sidecar", str(directory / "told"), str(directory / "objects")]
    keys = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
    with Gateway(command, directory / "log", f"http://{host}", f"http://{host}/health", keys) as server:
        yield server
