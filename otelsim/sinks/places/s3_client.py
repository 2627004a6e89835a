"""Connections to a bucket, and what their errors say."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from otelsim.errors import InputError, RunError
from otelsim.sinks.otlp.secret import redacted
from otelsim.sinks.places.uris import S3Uri

DEFAULT_REGION = "us-east-1"
"""Servers of one's own mostly have no other, and AWS redirects from there."""
VARIABLES = {"region": ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None)}
"""botocore itself reads the second only, unlike AWS' other tools."""
_NONE = {"NoSuchBucket": "no such bucket", "NoSuchKey": "no such object", "404": "no such bucket or object"}
_DENIED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "403"}


class Patience(NamedTuple):
    """How long to wait for a bucket."""

    connect_s: float
    read_s: float
    attempts: int


WORKING = Patience(10, 60, 10)
"""A run outlives a minute or two without an answer: attempts are up to 20 s apart."""
TRYING = Patience(4, 10, 2)


def client(uri: S3Uri, patience: Patience) -> Any:
    """A client of the bucket's server; InputError where there is no library for it, or the URI cannot be used."""
    try:
        from botocore.config import Config
        from botocore.session import Session
    except ImportError:
        raise InputError(uri.name, "needs botocore, which `pip install otelsim[s3]` brings") from None
    session = Session(session_vars=VARIABLES)
    config = Config(
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        # The one form of addresses that all servers know, AWS too.
        s3={"addressing_style": "path"},
        # Trailing checksums are newer than many servers; what is sent plainly is signed with its digest in any case.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    keys = {
        "aws_access_key_id": uri.access_key.reveal() or None,
        "aws_secret_access_key": uri.secret_key.reveal() or None,
    }
    region = uri.region or session.get_config_variable("region") or DEFAULT_REGION
    return session.create_client("s3", region_name=region, endpoint_url=uri.endpoint, config=config, **keys)


@contextmanager
def reading(uri: S3Uri) -> Iterator[None]:
    """Turn what botocore raises into an OSError, as reading a file does."""
    try:
        yield
    except _errors() as error:
        raise OSError(_number(error), _said(error, uri)) from None


@contextmanager
def writing(uri: S3Uri, key: str) -> Iterator[None]:
    """Turn what botocore raises into one line with the object's name."""
    try:
        yield
    except _errors() as error:
        raise RunError(f"{uri.name}: {key} cannot be written: {_said(error, uri)}") from None


@contextmanager
def asking(uri: S3Uri) -> Iterator[None]:
    """Turn what botocore raises into one line: nothing was made yet."""
    try:
        yield
    except _errors() as error:
        raise InputError(uri.name, _said(error, uri)) from None


def broken_off() -> tuple[type[Exception], ...]:
    """What is raised where the end of an answer is missing."""
    from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

    return IncompleteReadError, ReadTimeoutError, ResponseStreamingError


def _errors() -> tuple[type[Exception], ...]:
    """What a client raises: answers, no answers, and what it does not even ask (ValueError: an address is garbled)."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError, ValueError


def _code(error: Exception) -> str:
    answer = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def _number(error: Exception) -> int:
    code = _code(error)
    return errno.ENOENT if code in _NONE else errno.EACCES if code in _DENIED else errno.EIO


def _said(error: Exception, uri: S3Uri) -> str:
    """Why, in a line without a key."""
    from botocore.exceptions import ConnectionError, HTTPClientError, NoCredentialsError, PartialCredentialsError

    code = _code(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile"
    if isinstance(error, ConnectionError | HTTPClientError):
        return f"{uri.endpoint or 'the server'} cannot be reached, or does not answer ({type(error).__name__})"
    if code in _DENIED:
        return f"access denied ({code})"
    return _NONE.get(code) or redacted(str(error), [uri.access_key, uri.secret_key])
