"""Every kind of fault in a world's files is told with its file and line."""

from pathlib import Path

import pytest

from otelsim.errors import FixtureErrors
from otelsim.world.loading import load_world
from tests.world.fault_cases import CASES, DEPLOYMENTS, RELEASES, SERVICES

HOURS = ",".join(["1"] * 24)


def faults(folder: Path) -> list[str]:
    with pytest.raises(FixtureErrors) as caught:
        load_world(folder)
    assert str(caught.value).splitlines() == [str(f) for f in caught.value.faults]
    return [str(f) for f in caught.value.faults]


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first ``old`` in the file; the number of its line."""
    text = (folder / name).read_text()
    assert old in text, f"{old!r} is not in {name}"
    (folder / name).write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def duplicate(folder: Path, name: str, start: str) -> int:
    """Append a copy of the line that begins so; the number of the copy."""
    lines = (folder / name).read_text().splitlines()
    copy = next(line for line in lines if line.startswith(start))
    (folder / name).write_text("\n".join([*lines, copy]) + "\n")
    return len(lines) + 1


@pytest.mark.parametrize(("name", "old", "new", "message"), CASES, ids=lambda v: str(v)[:30].strip())
def test_a_fault_is_told_with_its_line(small: Path, name: str, old: str, new: str, message: str) -> None:
    line = spoil(small, name, old, new)
    prefix = f"{small / name}:{line}: "
    told = faults(small)
    assert any(f.startswith(prefix) and message in f for f in told), told


EVERY_FILE = [
    SERVICES, DEPLOYMENTS, RELEASES, "environments.tsv", "dependencies.tsv", "hidden_dependencies.tsv", "actions.tsv",
    "archetypes.tsv", "personas.tsv", "objects.tsv", "terms.txt", "self_errors.tsv", "world.toml",
]  # fmt: skip


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_missing_file(small: Path, name: str) -> None:
    (small / name).unlink()
    assert f"{small / name}:1: the file is missing" in faults(small)


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_folder_instead_of_a_file(small: Path, name: str) -> None:
    (small / name).unlink()
    (small / name).mkdir()
    assert f"{small / name}:1: this is not a regular file" in faults(small)


@pytest.mark.parametrize(
    "name", [f for f in EVERY_FILE if f not in ("terms.txt", "dependencies.tsv", "world.toml", RELEASES)]
)
def test_an_empty_file(small: Path, name: str) -> None:
    (small / name).write_text("")
    assert any(f.startswith(f"{small / name}:1: ") for f in faults(small))


@pytest.mark.parametrize("name", EVERY_FILE)
@pytest.mark.parametrize(
    ("junk", "message"),
    [
        (b"\xff", "invalid UTF-8"),
        (b"a\x00b", "control character U+0000"),
        (b"\x1b[2J", "control character U+001B"),
        (b"x\r", "control character U+000D"),
        ("\x85".encode(), "control character U+0085"),
        ("\u2028".encode(), "control character U+2028"),
    ],
)
def test_bytes_that_are_no_text(small: Path, name: str, junk: bytes, message: str) -> None:
    lines = (small / name).read_bytes().split(b"\n")
    lines.insert(2, junk)
    (small / name).write_bytes(b"\n".join(lines))
    assert f"{small / name}:3: {message}" in faults(small)


@pytest.mark.parametrize(
    ("name", "start", "message"),
    [
        (SERVICES, "shop:front\tweb", "duplicate service 'shop:front:web'"),
        (DEPLOYMENTS, "prod:azure", "duplicate deployment 'prod:azure"),
        (RELEASES, "prod:azure", "duplicate release row 'prod:azure"),
        ("environments.tsv", "prod\tazure", "duplicate partition 'prod:azure"),
        ("dependencies.tsv", "front:web\t", "duplicate dependency 'front:web catalog:items'"),
        ("archetypes.tsv", "agent", "duplicate archetype 'agent'"),
        ("personas.tsv", "agent_1", "duplicate persona 'agent_1'"),
        ("actions.tsv", "front\tcart\tget_cart", "duplicate action 'front:cart:get_cart'"),
        ("hidden_dependencies.tsv", "memorystore", "duplicate component 'memorystore'"),
        ("objects.tsv", "cart", "duplicate object type 'cart'"),
        ("self_errors.tsv", "504", "duplicate code '504'"),
        ("world.toml", "name", "bad TOML: Cannot overwrite a value"),
    ],
)
def test_a_duplicate_is_told_where_it_is(small: Path, name: str, start: str, message: str) -> None:
    line = duplicate(small, name, start)
    assert any(f.startswith(f"{small / name}:{line}: {message}") for f in faults(small))


def test_two_applications_may_not_share_a_stack_and_service_name(small: Path) -> None:
    spoil(small, SERVICES, "support:desk\ttickets", "support:front\tweb")
    assert f"{small / SERVICES}:8: duplicate service 'front:web'" in faults(small)


def test_a_partition_without_any_deployment_of_a_service(small: Path) -> None:
    lines = (small / DEPLOYMENTS).read_text().splitlines()
    (small / DEPLOYMENTS).write_text("\n".join(n for n in lines if not ("azure" in n and "desk:mailer" in n)))
    told = faults(small)
    place = "prod:azure:sub-7f3a:westeurope:tenant-a"
    assert f"{small / DEPLOYMENTS}:1: support:desk:mailer has no deployment in {place}" in told


@pytest.mark.parametrize(("share", "total"), [("0.6", "1.2"), ("0", "0")])
def test_shares_that_do_not_work_out(small: Path, share: str, total: str) -> None:
    text = (small / DEPLOYMENTS).read_text().replace("web\tdefault", f'web\tdefault\t{{"share": {share}}}')
    (small / DEPLOYMENTS).write_text(text.replace("0.05", share))
    assert any(f"the shares of this service here add up to {total}," in f for f in faults(small))


def test_zero_totals(small: Path) -> None:
    for name, column in (("environments.tsv", 3), ("actions.tsv", 11), ("self_errors.tsv", 2)):
        rows = [line.split("\t") for line in (small / name).read_text().splitlines()]
        start = next(i for i, row in enumerate(rows) if not row[0].startswith("#")) + 1
        for row in rows[start:]:
            row[column] = "0"
        (small / name).write_text("\n".join("\t".join(row) for row in rows))
    told = "\n".join(faults(small))
    assert "all traffic adds up to zero" in told
    assert "the weights of category 'buying' add up to zero" in told
    assert "the weights of client errors add up to zero" in told


def test_hours_and_categories_of_zero(small: Path) -> None:
    lines = (small / "personas.tsv").read_text().splitlines()
    cells = lines[2].split("\t")
    cells[7:11] = ["0"] * 4
    cells[11] = HOURS.replace("1", "0")
    lines[2] = "\t".join(cells)
    (small / "personas.tsv").write_text("\n".join(lines))
    told = faults(small)
    assert f"{small / 'personas.tsv'}:3: the category weights add up to zero" in told
    assert f"{small / 'personas.tsv'}:3: hourly_weights adds up to zero" in told


def test_traffic_is_one_number_an_environment(small: Path) -> None:
    line = spoil(small, "environments.tsv", "azure\tsub-7f3a\t0.8", "azure\tsub-7f3a\t0.7")
    expected = f"{small / 'environments.tsv'}:{line}: traffic 0.7 differs from that of 'prod' above"
    assert faults(small) == [expected]


@pytest.mark.parametrize("extra", ["speed = 3", "[speed]\nx = 1"])
def test_an_unknown_or_missing_setting(small: Path, extra: str) -> None:
    with (small / "world.toml").open("a") as file:
        file.write(extra + "\n")
    spoil(small, "world.toml", "burst_cv", "# burst_cv")
    assert faults(small) == [
        f"{small / 'world.toml'}:1: the key 'burst_cv' is missing",
        f"{small / 'world.toml'}:12: unknown key 'speed'",
    ]


def test_a_link_that_leads_outside(small: Path) -> None:
    outside = small.parent / "terms.txt"
    (small / "terms.txt").rename(outside)
    (small / "terms.txt").symlink_to(outside)
    assert any("names 'terms.txt' is not a file inside" in f for f in faults(small))


def test_a_link_in_a_circle(small: Path) -> None:
    (small / "terms.txt").unlink()
    (small / "terms.txt").symlink_to("terms.txt")
    assert faults(small)


def test_faults_come_in_file_order(small: Path) -> None:
    spoil(small, "self_errors.tsv", "\t30\t", "\tx\t")
    spoil(small, "actions.tsv", "\tPOST\t", "\tPUSH\t")
    spoil(small, "actions.tsv", "\tGET\t", "\tGOT\t")
    spoil(small, "world.toml", "0.35", "9")
    where = [f.removeprefix(f"{small}/").split(": ")[0] for f in faults(small)]
    assert where == ["world.toml:3", "actions.tsv:3", "actions.tsv:7", "self_errors.tsv:3"]


def test_a_fault_does_not_drag_others_along(small: Path) -> None:
    spoil(small, "actions.tsv", "\t0.8\tGET", "\t1.8\tGET")
    spoil(small, SERVICES, '"own_time_share": 0.', '"own_time_share": 7.')
    assert len(faults(small)) == 2


def test_a_names_file_whose_name_is_too_long(small: Path) -> None:
    spoil(small, "objects.tsv", "terms.txt", "x" * 5000)
    assert any("cannot be read: File name too long" in f for f in faults(small))


def test_a_long_cell_is_not_repeated_in_full(small: Path) -> None:
    line = spoil(small, "objects.tsv", "cart\t5000", "cart\t" + "7" * 5000)
    told = next(f for f in faults(small) if f.startswith(f"{small / 'objects.tsv'}:{line}: catalogue_size '777"))
    assert len(told) < 1000


def test_an_empty_build_id(small: Path) -> None:
    rows = (small / RELEASES).read_text().splitlines()
    cells = rows[1].split("\t")
    rows[1] = "\t".join([cells[0], "", *cells[2:]])
    (small / RELEASES).write_text("\n".join(rows))
    assert faults(small) == [f"{small / RELEASES}:2: build_id is empty"]


def test_a_world_without_release_rows_or_dependencies_loads(small: Path) -> None:
    (small / RELEASES).write_text("")
    (small / "dependencies.tsv").write_text("service\tdepends_on\n")
    world = load_world(small)
    assert world.releases == ()
    assert not any(world.dependencies)
