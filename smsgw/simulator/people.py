"""Ready-made people: for each thing to try a phone, in words of both languages, with texts to send at one click."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func

from smsgw.clock import DAY_MS, Clock
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.tables import contact
from smsgw.store import Store, db_now
from smsgw.store.sql import dialect_of, insert

Condition = Literal["", "locked", "opted_out"]


@dataclass(frozen=True, slots=True)
class Ready:
    """Somebody to be. `about`: what is special, in Indonesian and in English; `condition`: what the phone must be."""

    phone: str
    name: str
    about: tuple[str, str]
    texts: tuple[str, ...]
    condition: Condition = ""

    @property
    def initials(self) -> str:
        """One or two letters for the round picture."""
        return "".join(word[0] for word in self.name.split()[:2])


_NUMBERS = {
    phone: tuple(one.number for one in DEMO_PEOPLE if one.phone == phone)
    for phone in dict.fromkeys(one.phone for one in DEMO_PEOPLE)
}
_NAMES = {one.phone: one.label.partition(",")[0] for one in DEMO_PEOPLE}
# By the order of the demo's people: what is special about them, and texts in which {0} is their number.
_SPECIAL = (
    ("peserta aktif", "active member", ("JHT {0}", "STATUS {0}", "MUTASI {0}", "min syarat klaim jht apa")),
    ("tidak aktif, klaim berjalan", "inactive, a claim under way", ("STATUS {0}", "LACAK {0}", "CAIR {0}")),
    ("menunggak iuran", "in arrears", ("STATUS {0}", "TUNGGAKAN {0}", "JKK {0}")),
    ("dua kepesertaan", "two memberships", ("SALDO", "JHT {0}", "JHT {1}")),
    ("kartu lama, nomor berhuruf", "old card, number with letters", ("JHT {0}", "STATUS {0}")),
    ("nama panjang", "long name", ("KARTU {0}", "JHT {0}")),
    ("nama di luar ASCII", "name beyond ASCII", ("KARTU {0}", "STATUS {0}")),
    ("tanpa JHT", "without JHT", ("JHT {0}", "STATUS {0}")),
)
_SITI = DEMO_PEOPLE[0].number
_STRANGERS = (
    Ready(
        "+6281298000901",
        "WARGA",
        ("bukan peserta", "not a member"),
        (f"JHT {_SITI}", "berapa lama klaim cair", "INFO JKK", "KANTOR BANDNUG"),
    ),
    Ready(
        "+6281298000902",
        "PENEBAK",
        ("terkunci setelah tiga tebakan", "locked after three guesses"),
        (f"DAFTAR#9973014107900003#01-07-1990#{_SITI}", f"JHT {_SITI}", "BANTUAN"),
        "locked",
    ),
    Ready(
        "+6281298000903",
        "PENOLAK",
        ("berhenti berlangganan", "opted out"),
        ("BANTUAN", f"JHT {_SITI}", "START"),
        "opted_out",
    ),
)
READY = (
    *(
        Ready(phone, _NAMES[phone], (about, english), tuple(text.format(*numbers) for text in texts))
        for (phone, numbers), (about, english, texts) in zip(_NUMBERS.items(), _SPECIAL, strict=True)
    ),
    *_STRANGERS,
)
BY_PHONE = {one.phone: one for one in READY}
FIRST = (READY[0].phone, _STRANGERS[0].phone)
"""The phones that lie on the table at first: one question, two answers."""


def prepare(store: Store, clock: Clock, ready: Ready) -> None:
    """Bring the phone into its condition, where it has one: locked from now on for a day, or opted out."""
    if not ready.condition:
        return
    locked = {"locked_until": clock.now_ms() + DAY_MS}
    values = locked if ready.condition == "locked" else {"opted_out_at": db_now()}
    with store.write() as connection:
        row = insert(dialect_of(connection), contact).values(phone=ready.phone, updated_at=db_now(), **values)
        kept = {"opted_out_at": func.coalesce(contact.c.opted_out_at, db_now())} if "opted_out_at" in values else values
        connection.execute(row.on_conflict_do_update(index_elements=[contact.c.phone], set_=kept))
