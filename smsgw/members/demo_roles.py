"""The demo people that everybody meets: fixed names, phones and numbers, one for each thing to try."""

from dataclasses import dataclass
from datetime import date

from smsgw.members.demo_cards import AS_OF, Card, Filed


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One demo membership to try things with. `label`: what is special about it, for a menu."""

    label: str
    phone: str
    number: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person with phone and memberships, as it is stored."""

    nik: str
    name: str
    born: date
    phone: str | None
    cards: tuple[Card, ...]


_SITI = Card(
    number="18050012345",
    status="AKTIF",
    status_since=date(2018, 5, 1),
    status_reason="",
    segment="PU",
    employer="PT MAJU JAYA",
    registered_on=date(2018, 5, 1),
    programmes="JHT JKK JKM JP JKP",
    jht_balance=23_451_200,
    last_contribution_month=date(2025, 9, 1),
    last_contribution=285_000,
    # June was not reported; the nine months are the statement of the keyword MUTASI: 2.250.000 together
    months=tuple(
        (date(2025, month, 1), amount, amount > 0)
        for month, amount in enumerate((270_000, 270_000, *[285_000] * 3, 0, *[285_000] * 3), start=1)
    ),
    movements=((date(2025, 1, 1), "SALDO_AWAL", 20_218_900), (AS_OF, "HASIL", 982_300)),
    jobs=((date(2018, 5, 1), None, "PT MAJU JAYA", "PU"), (date(2015, 2, 1), date(2018, 4, 30), "CV ABADI", "PU")),
)


def _card(
    number: str,
    status: str,
    since: date,
    reason: str,
    *,
    segment: str = "PU",
    employer: str = "",
    programmes: str = "JHT JKK JKM JP JKP",
    balance: int | None,
    last: date,
    amount: int,
    unpaid: tuple[date, ...] = (),
    claims: tuple[Filed, ...] = (),
) -> Card:
    opening = () if balance is None else ((last, "SALDO_AWAL", balance - amount),)
    return Card(
        number=number,
        status=status,
        status_since=since,
        status_reason=reason,
        segment=segment,
        employer=employer,
        registered_on=since if status == "AKTIF" else date(2012, 3, 1),
        programmes=programmes,
        jht_balance=balance,
        last_contribution_month=last,
        last_contribution=amount,
        months=((last, amount, True), *((month, amount, False) for month in unpaid)),
        movements=opening,
        claims=claims,
    )


_SEPTEMBER = date(2025, 9, 1)
# In the order of the menu; no generated identifier falls among theirs.
_ROLES: tuple[tuple[tuple[str, ...], Person], ...] = (
    (
        ("aktif",),
        Person("9973014107900003", "SITI RAHAYU", date(1990, 7, 1), "+6281218050012", (_SITI,)),
    ),
    (
        ("tidak aktif, dengan klaim JHT",),
        Person(
            "9909011203850001",
            "JOKO SUSILO",
            date(1985, 3, 12),
            "+6281298000012",
            (
                _card(
                    "99090000012",
                    "NONAKTIF",
                    date(2025, 8, 31),
                    "berhenti kerja",
                    employer="CV SINAR ABADI",
                    balance=41_870_500,
                    last=date(2025, 8, 1),
                    amount=342_000,
                    claims=(("K2510-00123", "JHT", 4, "open", date(2025, 10, 2), date(2025, 10, 20)),),
                ),
            ),
        ),
    ),
    (
        ("menunggak iuran",),
        Person(
            "9909015511920002",
            "RINA MARLINA",
            date(1992, 11, 15),
            "+6285698000023",
            (
                _card(
                    "99090000023",
                    "MENUNGGAK",
                    date(2025, 7, 1),
                    "iuran belum dibayar",
                    segment="BPU",
                    programmes="JHT JKK JKM",
                    balance=1_260_400,
                    last=date(2025, 6, 1),
                    amount=20_000,
                    unpaid=(date(2025, 7, 1), date(2025, 8, 1), _SEPTEMBER),
                ),
            ),
        ),
    ),
    (
        ("dua kepesertaan: yang kini", "dua kepesertaan: yang lama"),
        Person(
            "9909010906880003",
            "AGUS SALIM SIREGAR",
            date(1988, 6, 9),
            "+6281798000034",
            (
                _card(
                    "99090000034",
                    "AKTIF",
                    date(2021, 2, 1),
                    "",
                    employer="PT KARYA NUSANTARA LOGISTIK",
                    balance=18_344_900,
                    last=_SEPTEMBER,
                    amount=399_000,
                ),
                _card(
                    "99090000045",
                    "NONAKTIF",
                    date(2020, 12, 31),
                    "pindah kerja",
                    employer="PT MITRA SENTOSA",
                    balance=9_105_700,
                    last=date(2020, 12, 1),
                    amount=210_900,
                ),
            ),
        ),
    ),
    (
        ("kartu lama, nomor berhuruf",),
        Person(
            "9909010107700004",
            "TONO",
            date(1970, 7, 1),
            "+6281198000056",
            (
                _card(
                    "05JN0012345",
                    "AKTIF",
                    date(2005, 4, 1),
                    "",
                    employer="PT BUMI PERSADA TEKSTIL",
                    programmes="JHT JKK JKM JP",
                    balance=127_655_300,
                    last=_SEPTEMBER,
                    amount=456_000,
                ),
            ),
        ),
    ),
    (
        ("nama panjang",),
        Person(
            "9909012110830005",
            "I GUSTI NGURAH PUTRA WIRADARMA KUSUMANEGARA SASTRAWINATA",
            date(1983, 10, 21),
            "+6287898000067",
            (
                _card(
                    "99090000067",
                    "AKTIF",
                    date(2010, 9, 1),
                    "",
                    employer="PT CAHAYA SAMUDRA GEMILANG SEJAHTERA BERSAMA NUSANTARA TBK",
                    balance=1_234_568_154,
                    last=_SEPTEMBER,
                    amount=2_850_000,
                ),
            ),
        ),
    ),
    (
        ("nama dengan huruf di luar ASCII",),
        Person(
            "9909016502950006",
            "NURʼAINI ḤALĪMAH RENÉE",
            date(1995, 2, 25),
            "+6289598000078",
            (
                _card(
                    "99090000078",
                    "AKTIF",
                    date(2019, 1, 1),
                    "",
                    employer="CV TUNAS HARAPAN",
                    balance=15_980_000,
                    last=_SEPTEMBER,
                    amount=256_500,
                ),
            ),
        ),
    ),
    (
        ("tanpa JHT",),
        Person(
            "9909010508990007",
            "MADE SUDARMA",
            date(1999, 8, 5),
            "+6288198000089",
            (
                _card(
                    "99090000089",
                    "AKTIF",
                    date(2024, 6, 1),
                    "",
                    segment="BPU",
                    programmes="JKK JKM",
                    balance=None,
                    last=_SEPTEMBER,
                    amount=16_800,
                ),
            ),
        ),
    ),
)
ROLES = tuple(person for _, person in _ROLES)
DEMO_PEOPLE = tuple(
    DemoPerson(f"{person.name}, {label}", person.phone, card.number)
    for labels, person in _ROLES
    for label, card in zip(labels, person.cards, strict=True)
    if person.phone
)
