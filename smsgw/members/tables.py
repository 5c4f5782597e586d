"""Tables of what is known about participants. Money is whole rupiah; calendar dates have no time of day."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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
    Column("written_at", BigInteger),  # by an import or a correction, with its person and phones; NULL: by neither
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

# The moves of a binding that a branch began: `phone` is the old one, which may refuse until `until`. One at a time.
rebindings = Table(
    "rebindings",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("membership_id", BigInteger, ForeignKey("memberships.id"), nullable=False, index=True),
    Column("phone", Sealed("phone"), nullable=False, index=True),
    Column("state", String(12), nullable=False),  # waiting, refused, done
    Column("began_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index(
        "uq_rebindings_waiting",
        "membership_id",
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

# What attempts at the same thing queue up for, and until when it is shut (smsgw.members.guards). The key is a keyed
# hash of kind and value.
guards = Table(
    "guards",
    metadata,
    Column("key", LargeBinary(16), primary_key=True),
    Column("kind", String(12), nullable=False),  # phone, membership, all, alert, alarm, pin
    Column("until", BigInteger, nullable=False, server_default="0"),
    Column("touched_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

# One row a message that tried to bind or to recall, so that a message read twice is one attempt. It is written before
# anything is looked up, and counts from then on unless its verdict says otherwise. The keys are guards'.
attempts = Table(
    "attempts",
    metadata,
    Column("inbound_id", BigInteger, primary_key=True, autoincrement=False),
    Column("verdict", String(12)),  # smsgw.members.guards; NULL: under way
    Column("at", BigInteger, nullable=False, index=True),
    Column("phone_key", LargeBinary(16), nullable=False),
    Column("membership_key", LargeBinary(16)),
    Column("locked", Boolean, nullable=False, server_default=text("false")),  # it was the failure that locked its phone
    Index("ix_attempts_phone", "phone_key", "at"),
    Index("ix_attempts_membership", "membership_key", "at"),
)

# The PIN of a phone, where its deployment has PINs (smsgw.members.pins). `wrong` counts wrong ones in a row, `guess_id`
# is the message that was counted last, so that a message read twice is one guess.
pins = Table(
    "pins",
    metadata,
    Column("phone", Sealed("phone"), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("wrong", SmallInteger, nullable=False, server_default="0"),
    Column("guess_id", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Where a member has worked, as far as it is known; without a row the membership itself is the one employment.
employments = Table(
    "employments",
    metadata,
    Column("membership_id", BigInteger, ForeignKey("memberships.id"), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("until", Date),
    Column("employer", Text, nullable=False, server_default=""),
    Column("segment", String(5), nullable=False),
    sqlite_with_rowid=False,
)

claims = Table(
    "claims",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("number", String(12), nullable=False, unique=True),  # K2510-00123
    Column("membership_id", BigInteger, ForeignKey("memberships.id"), nullable=False, index=True),
    Column("programme", String(3), nullable=False),
    Column("stage", SmallInteger, nullable=False),  # 1 to 6
    Column("state", String(8), nullable=False),  # open, paid, refused
    Column("filed_on", Date, nullable=False),
    Column("changed_on", Date, nullable=False),
)

# What participants reported by LAPOR. The text is theirs, the answer the branch's.
complaints = Table(
    "complaints",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("number", String(12), nullable=False, unique=True),  # L2510-00045
    Column("inbound_id", BigInteger, nullable=False, unique=True),
    Column("phone", Sealed("phone"), nullable=False, index=True),
    Column("membership_id", BigInteger, ForeignKey("memberships.id")),
    Column("text", Encrypted("body"), nullable=False),
    Column("state", String(12), nullable=False),  # received, in_progress, answered
    Column("answer", Encrypted("body")),
    Column("filed_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# The next number of a series in a month: complaints. Drawn in a transaction of its own; gaps are allowed.
series = Table(
    "series",
    metadata,
    Column("name", String(12), primary_key=True),  # L2510
    Column("last", Integer, nullable=False),
)

# What people asked under their rights (UU PDP 27/2022): a correction of the record, or that a phone's traces be erased.
# One operator asks for them, another one decides. Operators stand here by name, as in the audit log.
subject_requests = Table(
    "subject_requests",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(10), nullable=False),  # smsgw.members.subjects.KINDS
    Column("phone", Sealed("phone")),  # of an erasure; taken out when it is done
    Column("membership_id", BigInteger, ForeignKey("memberships.id")),  # of a correction
    Column("value", Encrypted("name")),  # what is right
    Column("state", String(8), nullable=False, index=True),  # open, done, refused
    Column("asked_by", String(32), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("decided_by", String(32)),
    Column("decided_at", BigInteger),
)
