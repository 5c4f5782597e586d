"""Tables of operators: accounts, sessions, tries to sign in, what is revealed, and the audit log."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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

operators = Table(
    "operators",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(32), nullable=False, unique=True),
    Column("role", String(8), nullable=False),  # smsgw.operators.rights.ROLES
    Column("password_hash", Text, nullable=False),  # empty: no password opens it
    Column("totp_secret", Encrypted("totp")),  # NULL: no second factor
    Column("totp_step", BigInteger, nullable=False, server_default="0"),  # the last one used: each code counts once
    Column("disabled_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    # Whom the identity provider must name for this account, NULL where it has a password instead; and a keyed hash of
    # the issuer and subject that came first: names are given to others, subjects never are.
    Column("provider_name", Sealed("provider")),
    Column("provider_subject", LargeBinary(16)),
    Index("uq_operators_provider_name", "provider_name", unique=True),
    Index("uq_operators_provider_subject", "provider_subject", unique=True),
)

# A session is known by a hash of the id that its cookie holds: whoever reads this table cannot use one. Times are the
# gateway's clock's.
operator_sessions = Table(
    "operator_sessions",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True),
    Column("operator_id", BigInteger, ForeignKey("operators.id"), nullable=False, index=True),
    Column("address", String(45), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False, index=True),
)

# Wrong passwords in a row, by a keyed hash of the account's name or of the address they came from.
sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("key", LargeBinary(16), primary_key=True),
    Column("failures", SmallInteger, nullable=False),
    Column("until", BigInteger, nullable=False),  # nothing is tried before
    Column("at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

# What a session sees unmasked, and until when. `about` names a row, as inbound/17.
reveals = Table(
    "reveals",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("session_id", BigInteger, ForeignKey("operator_sessions.id", ondelete="CASCADE"), nullable=False),
    Column("about", String(48), nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("ix_reveals_session", "session_id", "until"),
)

# What operators did, and were refused. Rows are added and never changed: the database itself refuses (its triggers are
# laid by the migration). `about` names a row by its key, never a person.
audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("operator_id", BigInteger, ForeignKey("operators.id"), index=True),  # NULL: the command line
    Column("actor", String(32), nullable=False),
    Column("act", String(32), nullable=False, index=True),
    Column("about", String(48), nullable=False, server_default="", index=True),
    Column("reason", Encrypted("reason")),  # what an operator typed may name a person
    Column("address", String(45), nullable=False, server_default=""),
)

# What one operator asks for and another one has to agree to. `about` names a row by its key, as in the audit log; one
# such act stands open about a row at a time, and the database itself refuses a checker who is the maker.
proposals = Table(
    "proposals",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("act", String(32), nullable=False),
    Column("about", String(48), nullable=False),
    Column("reason", Encrypted("reason"), nullable=False),
    Column("details", Encrypted("reason")),
    Column("state", String(12), nullable=False),  # open, agreed, dropped
    Column("maker_id", BigInteger, ForeignKey("operators.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("checker_id", BigInteger, ForeignKey("operators.id")),
    Column("decided_at", BigInteger),
    CheckConstraint("checker_id <> maker_id", name="two_operators"),
    Index(
        "uq_proposals_open",
        "act",
        "about",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)
