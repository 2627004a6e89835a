"""Where numba keeps compiled kernels: by a digest of the sources that they can depend on.

numba's own rule looks at the file of a kernel only, and would go on using one whose helpers or constants have changed.
Import this before any kernel is made.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from numba import config

WITHOUT_KERNELS = (
    *("check/", "cli/", "doctor/", "plan/", "replay/", "report/"),
    *("runner/", "sinks/", "verify/", "wire/parquet/", "wire/sdk/"),
)
"""Packages that hold no kernel; those that do import nothing from them."""
EXCEPTION = "runner/tallies.py"


def sources_digest() -> str:
    """A digest of all modules that kernels can depend on."""
    digest = hashlib.blake2b(digest_size=12)
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        name = str(path.relative_to(package))
        if not name.startswith(WITHOUT_KERNELS) or name == EXCEPTION:
            digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where this version's kernels are."""
    return Path(config.CACHE_DIR)  # type: ignore[attr-defined]


def marker(kernels: str) -> Path:
    """A file that stands where this version's ``kernels`` (of lines, or otlp) have been compiled."""
    return cache_folder() / f"complete-{kernels}"


def use_cache() -> None:
    """Point numba at this version's folder, unless NUMBA_CACHE_DIR says otherwise."""
    if not config.CACHE_DIR:  # type: ignore[attr-defined]
        home, shared = Path("~/.cache/otelsim").expanduser(), Path(tempfile.gettempdir())
        folder = _writable(home) or _writable(shared / f"otelsim-{os.getuid()}") or Path(tempfile.mkdtemp())
        kernels = folder / sources_digest()
        config.CACHE_DIR = str(kernels)  # type: ignore[attr-defined]


def _writable(folder: Path) -> Path | None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            return None  # Kernels are code: nobody else may have put some there.
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):
        return None


use_cache()
