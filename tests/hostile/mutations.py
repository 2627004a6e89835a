"""Real files spoiled by chance: bytes, cells, columns, rows, encodings, and TOML that nobody would write."""

import random
import re
from collections.abc import Callable

from tests.world.test_fuzz import CELLS

MORE_CELLS = [
    "-9223372036854775809", "1e12", "1e-9", "0.0000001", "-0", "+1", "NaN", "-inf", "0x1F", "1,5", "1 000", " 1", "1 ",
    "\u202eevil", "e\u0301", "\U0001f4a5" * 50, "\ufeff", "\u00a0", "\u3000", "a\u2028b", "\x00", "\x1b[31m", "\r",
    "\x85",
    "../../../etc/passwd", "/etc/passwd", "~", "$HOME", "%s%n", "{0}", "\\", "\\u0000", "'", '"', "<!--", "-h",
    "--world",
    "y" * 70_000, "ß" * 5_000, '{"share": 0.5, "share": 0.5}', '{"share": NaN}', '{"a": ' * 500, "1" * 16, "true,false",
    '{"share": -0.0}', '{"releases_per_year": 26.0}', '{"releases_per_year": 1e2}',
    '{"deployed_at": "2024-02-30T00:00Z"}',
]  # fmt: skip
VALUES = [
    "", "nan", "-inf", "+nan", "1e400", "-1", "0", "1_000", "0x" + "f" * 9_000, "0b1", "0o7", "9" * 30, "9" * 5_000,
    "1.5", "true", "[]", "{}", "[[1]]", "{ a = 1 }", '""', '" "', "''",
    '"""\n\n"""', '"\\u0000"', '"\\n"', '"\\ud800"', "'''x'''",
    '"-1d"', '"0s"', '"1y"', '"999999999999999d"', '"7d7d"', '"٣d"', '"9998-12-31"', '"1969-12-31"', "1979-05-27",
    "00:32:00",
    "1979-05-27T07:32:00.999999-07:00", "0001-01-01", "9999-12-31T23:59:59Z", '"' + "z" * 60_000 + '"', "[" * 5_000,
    "[" * 400 + "]" * 400, "{ a = " * 300 + "1" + " }" * 300, '"+0s"', '"+9999999d"', '"+-1d"', '"../.."', '"/"', '"."',
    '"social_network"', '"multi_cloud"', '"aurora_primary"', "1 2", "# nothing", '"unclosed', "1e3",
    "0.30000000000000004",
]  # fmt: skip
LINES = [
    "a" + ".a" * 3_000 + " = 1", "[" + "a." * 3_000 + "a]", "total_events" + ".a" * 3_000 + " = 1", "seed.x = 1",
    "[[incidents]]", "[incidents]", "[[incidents.x]]", "[[[incidents]]]", "incidents = [1]", "incidents = []",
    "[total_users]",
    '"a\\nb" = 1', '"a\\u0085b" = 1', "'' = 1", '"\\u202e" = 2', "=", "key", "[", "]]", "seed = 1\nseed = 2", "\x00",
    "\x07",
    "description = " + '"' + "w" * 100_000 + '"', "# " + "x" * 200_000, "total_events = 1000000000000",
    "total_users = 1",
    'duration = "36500d"', 'metric_interval = "1d"', 'metric_interval = "1s"', 'metric_interval = "25h"',
    "call_depth = 0",
    "call_depth = 32", "burst_cv = 5.0", "cascade_factor = 1e6", 'start = "1970-01-01"', "start = 9998-12-31",
    "end = 1970-01-02",
    '[[incidents]]\ncomponent = "redis_feed"\nstart = "+0s"\nduration = "1s"', "seed = 18446744073709551615",
    "seed = -0",
    '[[incidents]]\ncomponent = "redis_feed"\nstart = "+2919000d"\nduration = "2900000d"\n' * 2,
    "[[incidents]]\ncomponent.a.b = 1",
    '[[incidents]]\ncomponent = "x"\nstart = "+1d"\nduration = "1d"\nfailure_rate' + ".a" * 3_000 + "=1",
]  # fmt: skip
Spoiler = Callable[[bytes, random.Random], bytes]


def flip(data: bytes, rng: random.Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        if spoiled:
            spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice((rng.randbytes(rng.randrange(1, 9)), b"\0", b"\t", b"\n", b'"', b"=")) + data[at:]


def delete(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice((1, 1, 2, 50)) :]


def rows(data: bytes, rng: random.Random) -> bytes:
    """A row removed, doubled, swapped with another, moved, or followed by nothing."""
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[one]
        case 1:
            lines.insert(other, lines[one])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            lines[one] = b""
        case _:
            lines = lines[: one + 1]
    return b"\n".join(lines)


def columns(data: bytes, rng: random.Random) -> bytes:
    """A column removed, doubled or swapped with another: in one row, or in all."""
    lines = [line.split(b"\t") for line in data.split(b"\n")]
    widest = max(map(len, lines))
    one, other, kind = rng.randrange(widest), rng.randrange(widest), rng.randrange(3)
    chosen = lines if rng.random() < 0.5 else [rng.choice(lines)]
    for cells in chosen:
        if max(one, other) < len(cells):
            if kind == 0:
                del cells[one]
            elif kind == 1:
                cells.insert(other, cells[one])
            else:
                cells[one], cells[other] = cells[other], cells[one]
    return b"\n".join(b"\t".join(cells) for cells in lines)


def cell(data: bytes, rng: random.Random) -> bytes:
    """One cell, or one column, made odd."""
    lines = [line.split(b"\t") for line in data.split(b"\n")]
    column, odd = rng.randrange(max(map(len, lines))), rng.choice(CELLS + MORE_CELLS).encode("utf-8", "surrogatepass")
    wide = [cells for cells in lines[1:] if column < len(cells)] or lines
    for cells in wide if rng.random() < 0.2 else [rng.choice(wide)]:
        cells[column % len(cells)] = odd
    return b"\n".join(b"\t".join(cells) for cells in lines)


def number(data: bytes, rng: random.Random) -> bytes:
    """A number, or each one of a column or file, made another that may well be allowed."""
    other = rng.choice((b"0", b"1", b"2", b"0.5", b"1e-9", b"100", b"1000", b"1e12", b"1e-320", b"0.999999999999"))
    numbers = list(re.finditer(rb"(?<![\w.-])[0-9]+(?:\.[0-9]+)?(?![\w.-])", data))
    made = data
    if not numbers:
        return flip(data, rng)
    count = len(numbers) if rng.random() < 0.1 else min(len(numbers), rng.choice((1, 1, 24)))
    for found in sorted(rng.sample(numbers, count), key=re.Match.start, reverse=True):
        made = made[: found.start()] + other + made[found.end() :]
    return made


def whole(data: bytes, rng: random.Random) -> bytes:
    """The file as a whole: another encoding, other line ends, nothing, noise."""
    text = data.decode("utf-8", "replace")
    return rng.choice((
        b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r"), text.encode("utf-16"), b"",
        b"\n" * 9,
        text.encode("utf-32-be"), data + "é".encode("latin-1"), b" " + data, data * 2, data.upper(), data.rstrip(b"\n"),
        data.replace(b"\t", b"    "), data.replace(b"\t", b","), rng.randbytes(3_000), b"\0" * 512,
        data[: rng.randrange(len(data))],
        data.replace(b"\n", b"\n\n"), data.replace(b"0", b"9"), data.replace(b"1", b"0"), b"x" * 1_000_000,
        data.replace(b"\n", b"\0"),
    ))  # fmt: skip


def value(data: bytes, rng: random.Random) -> bytes:
    """The value of a TOML key made odd."""
    lines = data.split(b"\n")
    keyed = [i for i, each in enumerate(lines) if b"=" in each]
    if not keyed:
        return line(data, rng)
    chosen = rng.choice(keyed)
    lines[chosen] = lines[chosen].partition(b"=")[0] + b"= " + rng.choice(VALUES).encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def line(data: bytes, rng: random.Random) -> bytes:
    """A line of odd TOML put in."""
    lines = data.split(b"\n")
    lines.insert(rng.choice((0, len(lines), rng.randrange(len(lines) + 1))), rng.choice(LINES).encode())
    return b"\n".join(lines)


OF_TABLES: tuple[Spoiler, ...] = (flip, insert, delete, rows, columns, cell, cell, *[number] * 4, whole)
OF_TOML: tuple[Spoiler, ...] = (flip, insert, delete, rows, value, value, value, line, line, whole)


def spoiled(data: bytes, rng: random.Random, spoilers: tuple[Spoiler, ...]) -> bytes:
    """``data`` spoiled once, or now and then twice; never left as it was."""
    made = data
    for _ in range(rng.choice((1, 1, 1, 2))):
        made = rng.choice(spoilers)(made, rng) if made else made
    return made if made != data else data + rng.randbytes(4)
