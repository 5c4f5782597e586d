"""Tables of operators: accounts, sessions, tries to sign in, what is revealed, and the audit log."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Table, Text

from smsgw.store import Encrypted, metadata

BigId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite autoincrements INTEGER keys only

operators = Table(
    "operators",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(32), nullable=False, unique=True),
    Column("role", String(8), nullable=False),  # smsgw.operators.rights.ROLES
    Column("password_hash", Text, nullable=False),
    Column("totp_secret", Encrypted("totp")),  # NULL: no second factor
    Column("totp_step", BigInteger, nullable=False, server_default="0"),  # the last one used: each code counts once
    Column("disabled_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
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
