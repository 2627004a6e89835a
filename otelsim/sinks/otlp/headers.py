"""Headers as users write them: in a variable as a list, in options one at a time, in files where they are secret.

No error here repeats a name or a value that may be a secret put in the wrong place.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from otelsim.errors import InputError
from otelsim.sinks.otlp.secret import Secret

Headers = dict[str, Secret]
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
GRPC_NAME = re.compile(r"[0-9a-z_.-]+\Z")
VALUE = re.compile(r"[\t -~]*\Z")
OURS = {"content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "te", "user-agent"}
"""What the sender sets itself: another value would break the request."""
MAX_FILE_BYTES = 16_384
"""More than servers take in a header."""
CREDENTIALS = {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"}
"""Headers that must not cross a network in the clear."""


def from_variable(where: str, text: str) -> Headers:
    """``k=v,k2=v2`` with percent-encoded values, as the specification of the variables has it."""
    pairs = [_pair(where, item) for item in text.split(",") if item.strip()]
    return dict(_checked(where, name, _decoded(where, value)) for name, value in pairs)


def from_options(where: str, items: Iterable[str]) -> Headers:
    """``name=value`` as it is, or ``name=@file`` for the file's text without its line end; one a flag."""
    pairs = [_pair(where, item) for item in items]
    return dict(_checked(where, name, _read(where, v[1:]) if v.startswith("@") else v) for name, v in pairs)


def plainly_given(items: Iterable[str]) -> bool:
    """Whether a flag holds a value itself: it then stands in the process list."""
    return any(not item.partition("=")[2].lstrip().startswith("@") for item in items)


def _pair(where: str, item: str) -> tuple[str, str]:
    name, found, value = item.partition("=")
    if not found:
        raise InputError(where, "a header is written name=value")
    return name.strip().lower(), value.strip()


def _checked(where: str, name: str, value: str) -> tuple[str, Secret]:
    if not NAME.match(name):
        raise InputError(where, "a header's name is empty or has characters that no header may have")
    if name in OURS or name.startswith("grpc-"):
        raise InputError(where, f"the header {name} is set by the sender itself")
    if not VALUE.match(value):
        raise InputError(where, "a header's value has line ends, control characters or characters beyond ASCII")
    return name, Secret(value)


def _decoded(where: str, value: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", value):
        raise InputError(where, "a header's value has a % that does not begin a percent-encoded character (%25 is a %)")
    return unquote(value)


def _read(where: str, name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(where, f"the header's file {name!r} cannot be read: {_reason(error)}") from None
    if len(data) > MAX_FILE_BYTES:
        raise InputError(where, f"the header's file {name!r} has more than {MAX_FILE_BYTES} bytes")
    return data.decode("latin-1").rstrip("\r\n")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it is no name of a file"


def check_for_grpc(where: str, headers: Headers) -> None:
    """Metadata has fewer characters than headers, and ``-bin`` means bytes there."""
    for name in headers:
        if not GRPC_NAME.match(name) or name.endswith("-bin"):
            raise InputError(where, "a header's name is none that gRPC metadata may have")
