"""Tables of the message log (reliability: delivery state machine). Times are epoch milliseconds, UTC."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from smsgw.store import Encrypted, Sealed, metadata

BigId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite autoincrements INTEGER keys only

# Every state but those that nearly all messages end in, or pass through within moments. Spelled out one by one: SQLite
# would make a list anew for each row that is compared with it.
LISTED_STATES = "state <> 'queued' AND state <> 'sending' AND state <> 'delivered'"
STATUS_CHARS, CODE_CHARS = 24, 16  # what is kept of a carrier's word and code; PostgreSQL refuses a longer one
WITH_ERROR = "error_code IS NOT NULL"
NOT_A_REPLY = "kind <> 'reply'"

inbound = Table(
    "inbound",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("carrier", String(16), nullable=False),
    Column("carrier_id", String(64), nullable=False),
    Column("from_phone", Sealed("phone"), nullable=False),
    Column("to_phone", String(16), nullable=False),
    Column("body", Encrypted("body")),
    Column("num_media", SmallInteger, nullable=False, server_default="0"),
    Column("opt_out_type", String(16)),
    Column("received_at", BigInteger, nullable=False),
    Column("source", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("claim_token", String(32)),
    Column("claimed_at", BigInteger),
    Column("reason", String(32)),
    Column("folded", Encrypted("body")),
    Column("keyword", String(24)),
    Column("language", String(2)),
    Column("answered_at", BigInteger),
    Column("secret", Encrypted("secret")),  # the PIN that was taken out of the body; NULL once it is answered
    Column("number", Sealed("number")),  # the membership number that it was read with, for the console's search
    UniqueConstraint("carrier", "carrier_id"),
    Index("ix_inbound_due", "id", sqlite_where=text("state = 'received'"), postgresql_where=text("state = 'received'")),
    Index(
        "ix_inbound_due_phone",
        "from_phone",
        "id",
        sqlite_where=text("state = 'received'"),
        postgresql_where=text("state = 'received'"),
    ),
    Index("ix_inbound_phone", "from_phone", "id"),
    # The console's (smsgw.messages.log): each ends in what its rows are listed by. Their conditions keep a message out
    # of them for as long as it is on its way, and for good where nothing is the matter with it.
    Index(
        "ix_inbound_number",
        "number",
        "id",
        sqlite_where=text("number IS NOT NULL"),
        postgresql_where=text("number IS NOT NULL"),
    ),
    Index(
        "ix_inbound_keyword",
        "keyword",
        "carrier",
        "id",
        sqlite_where=text("state <> 'received'"),
        postgresql_where=text("state <> 'received'"),
    ),
    Index(
        "ix_inbound_reason",
        "reason",
        "state",
        "id",
        sqlite_where=text("reason IS NOT NULL"),
        postgresql_where=text("reason IS NOT NULL"),
    ),
)

outbound = Table(
    "outbound",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("inbound_id", BigInteger, ForeignKey("inbound.id")),
    Column("notice_key", String(64)),  # what a notice tells; NULL where an inbound is answered
    Column("kind", String(16), nullable=False),
    Column("resend_no", SmallInteger, nullable=False, server_default="0"),
    Column("carrier", String(16), nullable=False),
    Column("from_phone", String(16), nullable=False),
    Column("to_phone", Sealed("phone"), nullable=False),
    Column("body", Encrypted("body")),
    Column("septets", SmallInteger, nullable=False),
    Column("template", String(64)),
    Column("language", String(2), nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("claim_token", String(32)),
    Column("claimed_at", BigInteger),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("callback_token", String(32), nullable=False, unique=True),
    Column("carrier_id", String(64)),
    Column("carrier_status", String(STATUS_CHARS)),
    Column("error_code", String(CODE_CHARS)),
    Column("error_text", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("looks", SmallInteger, nullable=False, server_default="0"),  # into the carrier's list, while unknown
    Column("no_report_at", BigInteger),  # since when no last report is waited for; told while accepted or sent
    UniqueConstraint("inbound_id", "kind", "resend_no"),
    UniqueConstraint("carrier", "carrier_id"),
    Index(
        "ix_outbound_due",
        "priority",
        "id",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    # For numbers with a pace, whose backlog the others' must not be looked for in.
    Index(
        "ix_outbound_due_number",
        "from_phone",
        "priority",
        "id",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index(
        "ix_outbound_open",
        "claimed_at",
        sqlite_where=text("state IN ('sending', 'unknown')"),
        postgresql_where=text("state IN ('sending', 'unknown')"),
    ),
    Index(
        "ix_outbound_watched",
        "next_attempt_at",
        sqlite_where=text("state IN ('unknown', 'failed_unknown') AND looks < 27"),
        postgresql_where=text("state IN ('unknown', 'failed_unknown') AND looks < 27"),
    ),
    Index(
        "ix_outbound_reported",
        "updated_at",
        sqlite_where=text("state IN ('accepted', 'sent') AND no_report_at IS NULL"),
        postgresql_where=text("state IN ('accepted', 'sent') AND no_report_at IS NULL"),
    ),
    Index("ix_outbound_phone", "to_phone", "id"),
    Index(
        "uq_outbound_notice_key",
        "notice_key",
        unique=True,
        sqlite_where=text("notice_key IS NOT NULL"),
        postgresql_where=text("notice_key IS NOT NULL"),
    ),
    # The console's again: replies are listed by their inbound, what we wrote of our own accord by itself.
    Index(
        "ix_outbound_state",
        "state",
        "inbound_id",
        sqlite_where=text(LISTED_STATES),
        postgresql_where=text(LISTED_STATES),
    ),
    Index(
        "ix_outbound_error",
        "error_code",
        "state",
        "inbound_id",
        sqlite_where=text(WITH_ERROR),
        postgresql_where=text(WITH_ERROR),
    ),
    Index(
        "ix_outbound_own_state",
        "state",
        "carrier",
        "id",
        sqlite_where=text(NOT_A_REPLY),
        postgresql_where=text(NOT_A_REPLY),
    ),
    Index(
        "ix_outbound_own_error",
        "error_code",
        "state",
        "id",
        sqlite_where=text(f"{WITH_ERROR} AND {NOT_A_REPLY}"),
        postgresql_where=text(f"{WITH_ERROR} AND {NOT_A_REPLY}"),
    ),
)

outbound_event = Table(
    "outbound_event",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("outbound_id", BigInteger, ForeignKey("outbound.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("cause_key", String(64), nullable=False),
    Column("error_code", String(CODE_CHARS)),
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("last_at", BigInteger, nullable=False),
    UniqueConstraint("outbound_id", "cause_key"),
)

orphan_callback = Table(
    "orphan_callback",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("carrier", String(16), nullable=False),
    Column("carrier_id", String(64), nullable=False),
    Column("carrier_status", String(STATUS_CHARS), nullable=False),
    Column("error_code", String(CODE_CHARS)),
    Column("at", BigInteger, nullable=False),
    Column("repeats", Integer, nullable=False, server_default="0"),
    UniqueConstraint("carrier", "carrier_id", "carrier_status"),
)

seen_id = Table(
    "seen_id",
    metadata,
    Column("digest", LargeBinary(16), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
)

contact = Table(
    "contact",
    metadata,
    Column("phone", Sealed("phone"), primary_key=True),
    Column("language", String(2)),
    Column("opted_out_at", BigInteger),
    Column("blocked_at", BigInteger),  # by an operator: nothing is answered, nothing sent
    # The times of these two are the gateway's clock's (smsgw.clock), which a tester may move.
    Column("locked_until", BigInteger),
    Column("offer", Encrypted("offer")),
    Column("offer_until", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Index(
        "ix_contact_opted_out",
        "opted_out_at",
        sqlite_where=text("opted_out_at IS NOT NULL"),
        postgresql_where=text("opted_out_at IS NOT NULL"),
    ),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("at", BigInteger, nullable=False),
)

carrier_pause = Table(
    "carrier_pause",
    metadata,
    Column("carrier", String(16), primary_key=True),
    Column("paused_until", BigInteger, nullable=False),
    Column("wait_ms", Integer, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("probe_id", BigInteger),  # the one message that may be sent meanwhile
)

sender_pace = Table(
    "sender_pace",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("free_at", BigInteger, nullable=False),  # microseconds since 1970: up to then its time has been used
)

# Up to which row the texts of a log are emptied already (smsgw.messages.retention).
emptied = Table(
    "emptied",
    metadata,
    Column("log", String(16), primary_key=True),
    Column("upto", BigInteger, nullable=False),
)

# Phones that wrote for the first time, counted every few minutes: among the messages up to this one (T25).
newcomers = Table(
    "newcomers",
    metadata,
    Column("upto", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("phones", Integer, nullable=False),
)

daily_sends = Table(
    "daily_sends",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970, in western Indonesia
    Column("sent", Integer, nullable=False),
    Column("told", SmallInteger, nullable=False, server_default="0"),  # the level that the log has told
)
