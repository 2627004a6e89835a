"""An object in the making: one PUT where it is small, else parts, of which one is sent while the next is filled."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from otelsim.errors import RunError
from otelsim.sinks.places.interface import Data
from otelsim.sinks.places.s3_client import writing
from otelsim.sinks.places.uris import S3Uri

PART_BYTES = 8 << 20
"""Of each part but the last; S3 takes 5 MiB at least, and 10,000 parts: an object of 80 GB."""


class S3Upload:
    """Nothing is asked of the bucket before there is a whole part, or the end."""

    def __init__(self, client: Any, uri: S3Uri, where: dict[str, str]) -> None:
        """``where`` is the object's bucket and key, as the client takes them."""
        self.client, self.uri, self.where = client, uri, where
        self.held = bytearray()
        self.upload = ""
        self.sender: ThreadPoolExecutor | None = None
        self.sending: list[Future[str]] = []

    def write(self, data: Data, /) -> None:
        """Add to it."""
        self.held += data
        while len(self.held) >= PART_BYTES:
            self._send(bytes(self.held[:PART_BYTES]))
            del self.held[:PART_BYTES]

    def commit(self) -> None:
        """Show it whole."""
        if not self.upload:
            with self._told():
                self.client.put_object(**self.where, Body=bytes(self.held))
            return
        if self.held:
            self._send(bytes(self.held))
        with self._told():
            parts = [{"PartNumber": n, "ETag": sent.result()} for n, sent in enumerate(self.sending, 1)]
            self.client.complete_multipart_upload(**self.where, UploadId=self.upload, MultipartUpload={"Parts": parts})
        self._end()

    def abort(self) -> None:
        """Have the bucket forget the parts; those that are on their way first arrive, or they would stay."""
        self._end()
        if self.upload:
            with suppress(RunError), self._told():
                self.client.abort_multipart_upload(**self.where, UploadId=self.upload)

    def _send(self, part: bytes) -> None:
        if not self.upload:
            with self._told():
                self.upload = self.client.create_multipart_upload(**self.where)["UploadId"]
        if self.sender is None:
            self.sender = ThreadPoolExecutor(1)
        if self.sending:
            with self._told():
                self.sending[-1].result()
        self.sending.append(self.sender.submit(self._put, part, len(self.sending) + 1))

    def _put(self, part: bytes, number: int) -> str:
        """Send a part; returns what the end is to name it by."""
        answer = self.client.upload_part(**self.where, UploadId=self.upload, PartNumber=number, Body=part)
        return str(answer["ETag"])

    def _end(self) -> None:
        self.held = bytearray()
        if self.sender is not None:
            self.sender.shutdown(wait=True, cancel_futures=True)

    def _told(self) -> Any:
        return writing(self.uri, self.where["Key"])
