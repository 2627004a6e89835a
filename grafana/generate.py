"""Writes the dashboards: ``python -m grafana.generate``."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import incidents, overview, pipeline, releases, service, vmui

HERE = Path(__file__).parent
BOARDS = [module.board() for module in (overview, service, incidents, releases, pipeline)]


def files() -> dict[Path, str]:
    """Every file that is generated, with its text."""
    made = {HERE / "dashboards" / f"{board.name.lower()}.json": _text(board.build()) for board in BOARDS}
    return {**made, HERE / "vmui" / "overview.json": _text(vmui.page())}


def _text(made: object) -> str:
    return json.dumps(made, cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Writes them all."""
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
