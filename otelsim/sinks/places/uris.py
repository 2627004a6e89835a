"""URIs of places, in pyarrow.fs' form; what may be secret in one is hidden wherever it is shown."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from otelsim.errors import InputError
from otelsim.sinks.otlp.secret import HIDDEN, Secret
from otelsim.sinks.places.interface import is_inside

SCHEMES = ("s3", "gs", "hdfs", "file")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_S3_OPTIONS = ("endpoint_override", "region", "scheme")
_SHOWN = (*_S3_OPTIONS, "retry_limit_seconds", "replication", "buffer_size", "default_block_size")
"""Options that are shown as they are; any other may be a key."""


@dataclass(frozen=True)
class S3Uri:
    """A bucket, where in it, and how it is reached."""

    name: str
    bucket: str
    prefix: str
    """Without a slash at its ends; empty for all of the bucket."""
    endpoint: str | None
    """URL of a server of one's own; None: AWS, or what AWS_ENDPOINT_URL says."""
    region: str | None
    access_key: Secret
    secret_key: Secret
    """Both empty where the environment or a profile tells them."""

    def below(self, folder: str) -> "S3Uri":
        """A folder of it."""
        prefix = f"{self.prefix}/{folder}" if self.prefix else folder
        return replace(self, name=_below(self.name, folder), prefix=prefix)


@dataclass(frozen=True)
class ArrowUri:
    """A URI for pyarrow.fs."""

    name: str
    uri: Secret
    path: str
    """Of the folder, as its file system has it."""

    def below(self, folder: str) -> "ArrowUri":
        """A folder of it."""
        uri = Secret(_below(self.uri.reveal(), folder))
        return ArrowUri(_below(self.name, folder), uri, f"{self.path}/{folder}")

    def limited(self, seconds: float) -> str:
        """The URI, with a limit to how long is tried again where the user has set none and the library can."""
        text = self.uri.reveal()
        if not text.startswith("gs:") or "retry_limit_seconds=" in text:
            return text
        return f"{text}{'&' if '?' in text else '?'}retry_limit_seconds={seconds}"


def _below(uri: str, folder: str) -> str:
    path, mark, query = uri.partition("?")
    return f"{path.rstrip('/')}/{quote(folder)}{mark}{query}"


def is_uri(text: str) -> bool:
    """Whether a text is a URI rather than a path."""
    return bool(_URI.match(text))


def scheme_of(text: str) -> str:
    """The scheme of a URI; InputError where there is no place of that kind."""
    match = _URI.match(text)
    scheme = match[1].lower() if match else ""
    if scheme not in SCHEMES:
        raise InputError(shown(text), f"is neither a path nor a URI of {', '.join(f'{s}://' for s in SCHEMES)}")
    return scheme


def shown(text: str) -> str:
    """A URI without its user info, and without the values of options that may be secret."""
    head, mark, query = text.partition("?")
    scheme, slashes, rest = head.partition("://")
    authority, slash, path = rest.partition("/")
    if ":" in authority and "@" in path and "@" not in authority:
        authority, slash, path = rest, "", ""  # a key with a bare slash in it
    _, at, host = authority.rpartition("@")
    options = "&".join(_shown_option(option) for option in query.split("&"))
    return f"{scheme}{slashes}{HIDDEN if at else ''}{at}{host}{slash}{path}{mark}{options}"


def _shown_option(option: str) -> str:
    key, equals, value = option.partition("=")
    safe = key in _SHOWN and "@" not in unquote(value)
    return option if safe or not equals else f"{key}{equals}{HIDDEN}"


def file_path(text: str) -> Path:
    """The path of a file:// URI; InputError where it names another host, or is no whole path."""
    parts = _split(text)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/") or parts.query:
        raise InputError(shown(text), "names no file of this host: file:///path")
    return Path(unquote(parts.path))


def parsed_s3(text: str) -> S3Uri:
    """What an s3:// URI says; InputError where it is garbled, or has options that are not known."""
    parts, name = _split(text), shown(text)
    options = _s3_options(name, parts)
    prefix = unquote(parts.path).strip("/")
    bucket = unquote(parts.netloc.rpartition("@")[2])
    if not bucket or ":" in bucket:
        raise InputError(name, "names no bucket: s3://bucket/prefix (a slash in a key is written %2F)")
    _refuse_outside(name, prefix)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    if bool(user) != bool(password):
        raise InputError(name, "has half of its keys: s3://ACCESS_KEY:SECRET_KEY@bucket/prefix, or none")
    keys = (Secret(unquote(user)), Secret(unquote(password)))
    return S3Uri(name, bucket, prefix, _endpoint(name, options), options.get("region"), *keys)


def _s3_options(name: str, parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for key in options:
        if key not in _S3_OPTIONS:
            known = ", ".join(_S3_OPTIONS)
            raise InputError(name, f"has the option {key!r}, which is none of {known}")
    if options.get("scheme", "https") not in ("http", "https"):
        raise InputError(name, f"scheme is {options['scheme']!r}: http or https")
    return options


def _endpoint(name: str, options: dict[str, str]) -> str | None:
    """The server's URL, whose scheme may stand before it or in an option of its own."""
    given = options.get("endpoint_override")
    if not given:
        return None
    url = given if "://" in given else f"{options.get('scheme', 'https')}://{given}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or not _has_port(parts):
        raise InputError(name, "endpoint_override is no host:port")
    return url


def _has_port(parts: SplitResult) -> bool:
    """Whether the port is a number, if there is one."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def parent(text: str) -> tuple[str, str]:
    """The URI of the folder that one is in, and the name in it; the URI itself and no name where there is none."""
    head, mark, query = text.partition("?")
    above, _, name = head.rstrip("/").rpartition("/")
    return (text, "") if above.endswith("/") else (f"{above}{mark}{query}", unquote(name))


def parsed_arrow(text: str) -> ArrowUri:
    """A URI that pyarrow.fs is to understand; InputError where its path leads elsewhere."""
    parts, name = _split(text), shown(text)
    path = unquote(parts.path).rstrip("/")
    _refuse_outside(name, path.strip("/"))
    query = f"?{parts.query}" if parts.query else ""
    uri = Secret(f"{parts.scheme}://{parts.netloc}{quote(path)}{query}")
    bucket = unquote(parts.netloc.rpartition("@")[2])
    return ArrowUri(name, uri, f"{bucket}{path}" if parts.scheme == "gs" else path)


def _refuse_outside(name: str, path: str) -> None:
    if path and not is_inside(path):
        raise InputError(name, "has an empty part, `.` or `..` in its path")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InputError(shown(text), "is no URI") from None
    if parts.fragment or "#" in text:
        raise InputError(shown(text), "has a #, which stands in a name as %23")
    return parts
