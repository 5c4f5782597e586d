"""Tables of what is known about participants. Money is whole rupiah; calendar dates have no time of day."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from smsgw.store import Encrypted, Sealed, metadata

BigId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite autoincrements INTEGER keys only

people = Table(
    "people",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("nik", Sealed("nik"), unique=True),  # NULL: not delivered with the data; then one person a membership
    Column("name", Encrypted("name"), nullable=False),
    Column("birth_date", Encrypted("birth_date")),  # ISO text
)

memberships = Table(
    "memberships",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", BigInteger, ForeignKey("people.id"), nullable=False, index=True),
    Column("number", Sealed("number"), nullable=False, unique=True),
    Column("status", String(10), nullable=False),  # smsgw.members.words.STATUSES
    Column("status_since", Date),
    Column("status_reason", Text, nullable=False, server_default=""),
    Column("segment", String(5), nullable=False),  # smsgw.members.words.SEGMENTS
    Column("employer", Text, nullable=False, server_default=""),
    Column("registered_on", Date),
    Column("programmes", String(24), nullable=False, server_default=""),  # "JHT JKK JKM JP JKP"
    Column("jht_balance", BigInteger),  # NULL: no JHT account
    Column("jht_balance_on", Date),
    Column("last_contribution_month", Date),  # first day of the month
    Column("last_contribution", BigInteger),
)

# What was due and what came for one month; a month without a row was not looked at.
contributions = Table(
    "contributions",
    metadata,
    Column("membership_id", BigInteger, ForeignKey("memberships.id"), primary_key=True),
    Column("month", Date, primary_key=True),  # first day of the month
    Column("amount", BigInteger, nullable=False),  # JHT's part, or the whole where there is no JHT; 0: not reported
    Column("paid", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

# What moved the JHT balance besides paid contributions: balance = sum of both.
jht_movements = Table(
    "jht_movements",
    metadata,
    Column("membership_id", BigInteger, ForeignKey("memberships.id"), primary_key=True),
    Column("seq", SmallInteger, primary_key=True, autoincrement=False),
    Column("moved_on", Date, nullable=False),
    Column("kind", String(10), nullable=False),  # smsgw.members.words.MOVEMENTS
    Column("amount", BigInteger, nullable=False),  # negative: paid out
    sqlite_with_rowid=False,
)

phones_on_record = Table(
    "phones_on_record",
    metadata,
    Column("phone", Sealed("phone"), primary_key=True),
    Column("membership_id", BigInteger, ForeignKey("memberships.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

# One membership has at most one active phone; a phone may be bound to several memberships (reliability 3.1).
bindings = Table(
    "bindings",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("membership_id", BigInteger, ForeignKey("memberships.id"), nullable=False, index=True),
    Column("phone", Sealed("phone"), nullable=False),
    Column("state", String(12), nullable=False),  # smsgw.members.words.BINDING_STATES
    Column("bound_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_bindings_phone", "phone", "membership_id"),
    Index(
        "uq_bindings_active",
        "membership_id",
        unique=True,
        sqlite_where=text("state = 'active'"),
        postgresql_where=text("state = 'active'"),
    ),
)
