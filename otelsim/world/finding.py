"""Where a world's folder is."""

from pathlib import Path

from otelsim.errors import InputError

DEFAULT = "social_network"


def bundled() -> dict[str, Path]:
    """The worlds that come with otelsim, by name: inside the installed package, or in the repository."""
    here = Path(__file__).resolve()
    for base in (here.parents[1] / "fixtures", here.parents[2] / "fixtures"):
        if base.is_dir():
            return {path.name: path for path in sorted(base.iterdir()) if (path / "world.toml").is_file()}
    return {}


def is_folder(path: Path) -> bool:
    """Whether a folder is there, as far as anybody can tell."""
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, or a folder that nobody may look into
        return False


def find_world(name_or_path: str | None) -> Path:
    """The folder of the default world (None), an existing folder, or a bundled world's folder by its name.

    Raises InputError for ``--world`` if it is none of these.
    """
    worlds = bundled()
    name = DEFAULT if name_or_path is None else name_or_path
    if name_or_path is not None and "\0" not in name and is_folder(Path(name)):
        return Path(name)
    if name in worlds:
        return worlds[name]
    raise InputError("--world", f"{name!r} is neither a folder nor one of {', '.join(worlds) or 'no bundled worlds'}")
