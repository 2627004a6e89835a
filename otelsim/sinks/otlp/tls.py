"""Certificates: read and tried once before any work, then used by both transports."""

import ssl
from pathlib import Path
from typing import NamedTuple

from otelsim.errors import InputError


class TlsFiles(NamedTuple):
    """PEM files: whom to trust (None: whom the system trusts), and who we are."""

    certificate: Path | None = None
    client_key: Path | None = None
    client_certificate: Path | None = None


def context(files: TlsFiles) -> ssl.SSLContext:
    """A client's TLS context; OSError (SSLError among them) where a file is no good."""
    made = ssl.create_default_context(cafile=files.certificate)
    if files.client_certificate and files.client_key:
        # An empty password keeps OpenSSL from asking for one on the terminal.
        made.load_cert_chain(files.client_certificate, files.client_key, password="")
    return made


def check(files: TlsFiles, where: TlsFiles | tuple[str, str, str]) -> None:
    """InputError naming the option or variable (``where``, in the files' order) whose file is no good."""
    for path, name in zip(files, where, strict=True):
        if path is not None:
            _check_readable(str(name), path)
    _, key_name, certificate_name = map(str, where)
    if bool(files.client_key) != bool(files.client_certificate):
        given = key_name if files.client_key else certificate_name
        raise InputError(given, "a client key and a client certificate are needed together")
    _check_use(files._replace(client_key=None), str(where[0]), "it holds no certificates in PEM form")
    _check_use(files, certificate_name, "it is no PEM certificate that belongs to the client key")


def _check_readable(where: str, path: Path) -> None:
    try:
        # It is read several times: a pipe has nothing the second time, and a device may never end.
        special = path.exists() and not path.is_file() and not path.is_dir()
        if not special:
            path.open("rb").close()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name of a file"
        raise InputError(where, f"{path} cannot be read: {reason}") from None
    if special:
        raise InputError(where, f"{path} cannot be read: it is no regular file")


def _check_use(files: TlsFiles, where: str, fault: str) -> None:
    try:
        context(files)
    except (OSError, ValueError):
        path = files.client_certificate if files.client_key else files.certificate
        raise InputError(where, f"{path}: {fault}") from None
