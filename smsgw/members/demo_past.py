"""What some demo memberships have behind them: an earlier employer, a claim.

Drawn from the membership's number and the person's index, so that the dice of everything else fall as they would
without. One in eight of the employed had another employer before; at most one person in forty has a claim.
"""

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Final
from zlib import crc32

from smsgw.members import demo_names
from smsgw.members.demo_cards import AS_OF, Card, Employed, Filed

_EVERY_JOB, _EVERY_CLAIM = 8, 40
_LEAST = timedelta(days=2 * 365)  # of a membership that is long enough for two employers
_ENDED: Final = ("NONAKTIF", "PENSIUN", "MENINGGAL")
_MONTHS: Final = 9  # claims are filed from January to September; October's are the menu's people's
_DAYS: Final = (3, 21)


def with_past(card: Card, index: int, lane: int) -> Card:
    """The card with an earlier employer and a claim, where it has any; `index` counts people, `lane` is the seed's."""
    jobs, claims = _jobs(card), _claims(card, index, lane)
    return replace(card, jobs=jobs, claims=claims) if jobs or claims else card


def _jobs(card: Card) -> tuple[Employed, ...]:
    draw = crc32(card.number.encode())
    if draw % _EVERY_JOB or not card.employer:
        return ()
    end = card.status_since if card.status in _ENDED else None
    held = (end or AS_OF) - card.registered_on
    if held < _LEAST:
        return ()
    turn = card.registered_on + held * (draw % 60 + 20) / 100
    before = demo_names.employer(Random(draw))  # noqa: S311 - invented people need no secrecy
    return (
        (turn, end, card.employer, card.segment),
        (card.registered_on, turn - timedelta(days=1), before, card.segment),
    )


def _claims(card: Card, index: int, lane: int) -> tuple[Filed, ...]:
    serial, between = divmod(index, _EVERY_CLAIM)
    programme = None if between else _programme(card)
    if programme is None:
        return ()
    month, filed = serial % _MONTHS + 1, serial % 28 + 1
    number = f"K25{month:02}-{lane}{serial // _MONTHS:04}"
    paid = card.jht_balance == 0
    stage = 6 if paid else serial % 5 + 1
    on = date(2025, month, filed)
    return ((number, programme, stage, "paid" if paid else "open", on, on + timedelta(days=_DAYS[paid])),)


def _programme(card: Card) -> str | None:
    """What a claim of this membership would be of."""
    wanted = {"NONAKTIF": "JHT", "PENSIUN": "JHT", "MENINGGAL": "JKM", "AKTIF": "JKK"}.get(card.status)
    return wanted if wanted and wanted in card.programmes.split() else None
