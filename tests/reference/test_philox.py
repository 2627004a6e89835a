"""Both implementations of Philox4x32-10 against Random123's known answers, and against each other."""

import numpy as np
import pytest

from otelsim import draws, packing

from . import philox

ONES = 0xFFFFFFFF
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
NUMBERS = (0, 1, 1023, 10**12, 2**53 - 1)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_oracle_gives_known_answers(counter, key, answer):
    assert philox.philox_block(counter, key) == answer


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_fast_path_gives_known_answers(counter, key, answer):
    c0, c1, c2, c3 = counter
    # As uint64: the authors' second vector needs a number of 64 bits, requests' numbers have at most 53.
    words = draws.philox(np.uint64(key[0] | key[1] << 32), np.uint64(c0 | c1 << 32), c2, c3)
    assert tuple(map(int, words)) == answer


@pytest.mark.parametrize("seed", [0, 42, 2**32, 2**63 + 5, 2**64 - 1])
@pytest.mark.parametrize("g", NUMBERS)
def test_both_agree_on_keyed_draws(seed, g):
    for sub, decision in [(0, philox.ARRIVAL), (1023 | 5 << 16, philox.LINK)]:
        assert draws.words(seed, g, sub, decision) == philox.philox(seed, g, sub, decision)


def test_both_number_decisions_alike():
    first = ["ARRIVAL", "WHO", "WHAT", "TIME", "FATE", "SIZE", "INFRA", "CASCADE", "CLIMB"]
    names = [*first, "BURST", "INCIDENT", "RELEASE", "LINK"]
    assert [getattr(draws, n) for n in names] == [getattr(philox, n) for n in names] == list(range(1, 14))


@pytest.mark.parametrize("word", [0, 1, 2**22 - 1, 2**22, 2**31, 2**32 - 1])
def test_both_look_up_alike(word):
    for table in (draws.lognormal(100, 60), draws.power(2.5)):
        assert packing.look(table, 0, word) == philox.look(table.tolist(), word)


def test_both_choose_alike():
    table = draws.cumulative([3.0, 0.0, 1.0, 0.5])
    for word in {w for bound in table.tolist() for w in (bound - 1, bound) if w < philox.WORD}:
        assert packing.choose(table, 0, len(table), word) == philox.choose(table.tolist(), word)


@pytest.mark.parametrize(("fast", "plain", "bits"), [(draws.mix, philox.mix, 64), (draws.mix63, philox.mix63, 63)])
def test_both_mix_alike(fast, plain, bits):
    inputs = [0, 1, 2**31, 2**62 + 12_345, 2**bits - 1]
    with np.errstate(over="ignore"):
        assert [int(fast(np.uint64(x))) for x in inputs] == [plain(x) for x in inputs]
