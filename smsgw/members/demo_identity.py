"""Identifiers of demo people: arithmetic of index and seed, so that a million are told without a database.

Province 99 and numbers beginning 99 do not exist. The seed's last digit, the lane, stands in every identifier;
the ranges that no index reaches are left to the people of smsgw.members.demo_roles.
"""

from datetime import date
from typing import NamedTuple

MAX_COUNT = 2_900_000
_MASK = (1 << 64) - 1
_LANE_LETTERS = "ABCDEFGHJK"
_OLD_LETTERS = "CDFJKMNPRSTW"  # no O, I, L: they are read as digits first
# Telkomsel, Indosat, XL, Axis, Tri, Smartfren; the large ones stand more often.
_PREFIXES = (
    *(811, 812, 813, 821, 822, 823, 852, 853, 812, 813, 821, 822, 852),
    *(814, 815, 816, 855, 856, 857, 858, 857),
    *(817, 818, 819, 859, 877, 878),
    *(831, 832, 833, 838, 895, 896, 897, 898, 899, 881, 882, 887, 888),
)


class Identity(NamedTuple):
    """What a demo person is known by. `phone` is None for the few of whom no phone is on record."""

    phone: str | None
    numbers: tuple[str, ...]
    old: bool  # the last number is of an old card


def identity(index: int, seed: int) -> Identity:
    """Phone and membership numbers of the person at `index`: of 100 people 12 have several, 4 an old card."""
    dice, lane = _mix(index, seed), seed % 10
    cards = (1, 1, 1, 1, 1, 1, 1, 2)[dice & 7] + (dice >> 3 & 63 == 0)
    old = (dice >> 9) % 25 == 0
    numbers = [_number(index * 3 + card, lane) for card in range(cards)]
    if old:
        numbers[-1] = _old_number(index, lane, dice >> 20)
    return Identity(_phone(index, lane, dice >> 30) if (dice >> 14) % 32 else None, tuple(numbers), old)


def nik(index: int, seed: int, born: date, woman: bool) -> str:
    """The NIK of the person at `index`: 99, lane, district, birth date (day + 40 for women), serial."""
    block, rest = divmod(index, 999_900)
    district, serial = divmod(rest, 9_999)
    return f"99{seed % 10}{block}{district:02d}{born.day + 40 * woman:02d}{born:%m%y}{serial + 1:04d}"


def _mix(index: int, seed: int) -> int:
    # splitmix64: neighbours get unlike bits
    x = (index * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & _MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & _MASK
    return x ^ x >> 31


def _number(slot: int, lane: int) -> str:
    return f"99{lane}{slot * 48_271_001 % 90_000_000:08d}"


def _old_number(index: int, lane: int, dice: int) -> str:
    tail = f"{index * 7_368_787 % 10_000_000:07d}"
    if dice & 1:
        return f"99{_LANE_LETTERS[lane]}{dice % 10}{tail}"
    return f"99{_OLD_LETTERS[(dice >> 1) % len(_OLD_LETTERS)]}{_LANE_LETTERS[lane]}{tail}"


def _phone(index: int, lane: int, dice: int) -> str:
    return f"+62{_PREFIXES[dice % len(_PREFIXES)]}{lane}{index * 2_654_437 % 8_000_000:07d}"
