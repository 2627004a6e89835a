"""A bucket of AWS, or of anything else that speaks S3.

By botocore and not by pyarrow.fs, whose streams publish what there is of a file when they are let go of, and which
cannot list or abort multi-part uploads. Keys, region and endpoint come from the URI, else from the AWS_* variables
and profiles, as botocore reads them.
"""

from collections.abc import Container, Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, BinaryIO

from otelsim.sinks.places.interface import checked
from otelsim.sinks.places.s3_client import TRYING, WORKING, asking, broken_off, client, reading, writing
from otelsim.sinks.places.s3_upload import S3Upload
from otelsim.sinks.places.seeking import seekable
from otelsim.sinks.places.uris import S3Uri

ATTEMPTS = 3
"""To read an answer to its end."""
PROBE = ".otelsim-check"
"""Name of an upload that is begun and aborted, to see whether writing is allowed."""


class S3Place:
    """Objects below a prefix of a bucket. A single PUT, or the end of a multi-part upload, shows an object whole."""

    def __init__(self, uri: S3Uri) -> None:
        self.uri = uri
        self.bucket = {"Bucket": uri.bucket}

    def __getstate__(self) -> dict[str, Any]:
        """Connections stay in their process."""
        return {key: value for key, value in self.__dict__.items() if key != "client"}

    @cached_property
    def client(self) -> Any:
        """This process's connections."""
        return client(self.uri, WORKING)

    @property
    def name(self) -> str:
        """As the user gave it, keys hidden."""
        return self.uri.name

    def check(self, writing: bool = False) -> None:
        """Ask for a list of the prefix, and begin and abort an upload there."""
        asked = client(self.uri, TRYING)
        with asking(self.uri):
            asked.list_objects_v2(**self.bucket, Prefix=self._key(""), MaxKeys=1)
            if writing:
                where = {**self.bucket, "Key": self._key(PROBE)}
                upload = asked.create_multipart_upload(**where)["UploadId"]
                asked.abort_multipart_upload(**where, UploadId=upload)

    def create(self, name: str) -> S3Upload:
        """Begin an object."""
        return S3Upload(self.client, self.uri, self._where(name))

    def read(self, name: str) -> bytes:
        """An object's content."""
        return self._got(**self._where(name))

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The objects right below a prefix."""
        start = self._key(f"{checked(self.name, folder)}/" if folder else "")
        with reading(self.uri):
            found = {each["Key"]: each["Size"] for each in self._pages("list_objects_v2", "Contents", start)}
        return {key[len(start) :]: int(size) for key, size in sorted(found.items()) if key != start}

    def folders(self) -> list[str]:
        """The prefixes right below it."""
        start = self._key("")
        with reading(self.uri):
            found = [each["Prefix"] for each in self._pages("list_objects_v2", "CommonPrefixes", start)]
        return sorted(prefix[len(start) :].rstrip("/") for prefix in found)

    def within(self, folder: str) -> "S3Place":
        """A prefix below it."""
        return S3Place(self.uri.below(checked(self.name, folder)))

    def remove(self, name: str) -> None:
        """Remove an object."""
        where = self._where(name)
        with writing(self.uri, where["Key"]):
            self.client.delete_object(**where)

    def tidy(self, names: Container[str] | None = None) -> int:
        """Abort multi-part uploads, of which a bucket keeps (and bills) the parts for ever."""
        start = self._key("")
        with writing(self.uri, start):
            found = [
                (each["Key"], each["UploadId"]) for each in self._pages("list_multipart_uploads", "Uploads", start)
            ]
            left = [(key, upload) for key, upload in found if names is None or key[len(start) :] in names]
            for key, upload in left:
                self.client.abort_multipart_upload(**self.bucket, Key=key, UploadId=upload)
        return len(left)

    def open(self, name: str) -> BinaryIO:
        """An object for reading, range by range."""
        where = self._where(name)
        with reading(self.uri):
            size = int(self.client.head_object(**where)["ContentLength"])
        return seekable(size, lambda offset, size: self._got(**where, Range=f"bytes={offset}-{offset + size - 1}"))

    def _got(self, **asked: str) -> bytes:
        """An object or a range of one; again where an answer breaks off, which the client itself does not see to."""
        with reading(self.uri):
            for _ in range(ATTEMPTS - 1):
                with suppress(*broken_off()):
                    return bytes(self.client.get_object(**asked)["Body"].read())
            return bytes(self.client.get_object(**asked)["Body"].read())

    def _where(self, name: str) -> dict[str, str]:
        return {**self.bucket, "Key": self._key(checked(self.name, name))}

    def _key(self, name: str) -> str:
        return f"{self.uri.prefix}/{name}" if self.uri.prefix else name

    def _pages(self, operation: str, what: str, start: str) -> Iterator[dict[str, Any]]:
        """What a list says, page by page; objects below further slashes are left out."""
        more = {"Delimiter": "/"} if operation == "list_objects_v2" else {}
        for page in self.client.get_paginator(operation).paginate(**self.bucket, Prefix=start, **more):
            yield from page.get(what, ())
