"""telemetrygen, built from the modules pinned in ``go/`` into the cache folder that the tests' programs are in."""

import hashlib
import re
from pathlib import Path

from tests.backends.building import BUILD, run

MODULES = Path(__file__).parent / "go"
PACKAGE = "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen"


def telemetrygen() -> Path:
    """The program, built where the cache has none of this pinning. Raises BuildError."""
    pinned = hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(MODULES.glob("go.*")))).hexdigest()[:16]
    program = Path("~/.cache/otelsim/telemetrygen").expanduser() / pinned / "telemetrygen"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(".unfinished")
        run([*BUILD, "-o", str(unfinished), PACKAGE], MODULES)
        unfinished.rename(program)
    return program


def version() -> str:
    """The pinned version."""
    return re.search(rf"{PACKAGE} (v\S+)", (MODULES / "go.mod").read_text())[1]
