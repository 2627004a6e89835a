"""`check --integrity`: any byte of any file that is other than it was is found, in every kind of run that has files."""

import json
import shutil
from pathlib import Path

import pytest

from otelsim.check.integrity import run_integrity
from otelsim.errors import InputError
from tests.command import generated

KINDS = {
    "plain": (),
    "zstd": ("--compress", "zstd"),
    "otlp": ("--sink", "otlp-file", "--compress", "gzip"),
}


@pytest.fixture(scope="module", params=KINDS)
def run(request, tmp_path_factory) -> Path:
    return generated(tmp_path_factory.mktemp(request.param) / "run", 300, 50, "--workers", 2, *KINDS[request.param])


def broken(folder: Path) -> list[str]:
    return [law.name for law in run_integrity(folder, lambda _: lambda: None).laws if law.violations]


def copied(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def test_a_whole_run_is_whole(run):
    report = run_integrity(run, lambda _: lambda: None)
    assert report.ok
    assert all(law.tried for law in report.laws)


def test_every_file_is_looked_at(run, tmp_path):
    """A byte in the middle of each."""
    folder = copied(run, tmp_path)
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        if file.name in ("journal.jsonl", ".otelsim.lock") or not data:
            continue
        middle = len(data) // 2
        file.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        try:
            assert broken(folder), file
        except InputError:
            assert file.name == "manifest.json"
        file.write_bytes(data)
    assert broken(folder) == []


@pytest.mark.parametrize("change", ["short", "long", "gone"])
def test_sizes(run, tmp_path, change):
    folder = copied(run, tmp_path)
    file = next(p for p in sorted(folder.iterdir()) if "logs_0" in p.name)
    data = file.read_bytes()
    {"short": lambda: file.write_bytes(data[:-1]), "long": lambda: file.write_bytes(data + b"x"), "gone": file.unlink}[
        change
    ]()
    assert "files.size" in broken(folder)


def test_sums_that_do_not_add_up(run, tmp_path):
    folder = copied(run, tmp_path)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["content_digest"]["logs"] = "0" * 32
    path.write_text(json.dumps(manifest))
    assert broken(folder) == ["files.manifest", "files.sums"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"sink":"otlp"}', '{"sink":"jsonl"}', '{"sink":"jsonl","compress":1}']
)
def test_what_is_no_manifest(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json"):
        run_integrity(tmp_path, lambda _: lambda: None)
