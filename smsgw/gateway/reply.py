"""Reply: who may hear what, and the text that a message is answered with. No database, no clock."""

from dataclasses import dataclass
from datetime import date

from smsgw.keywords import Ask, Membership, Reading, Registry, Reply, measure
from smsgw.members.directory import Entitlement
from smsgw.messages import states
from smsgw.messages.rows import Answer, Draft, InboundRow, Kind

DEFAULT_LANGUAGE = "id"
BASE = "base"
OPTED_OUT = {"opt_out": True, "opt_in": False}
CARRIER_OPT_OUT = {"STOP": "opt_out", "START": "opt_in", "HELP": "carrier_help"}


@dataclass(frozen=True, slots=True)
class Replier:
    """Turns a read message into its answer."""

    registry: Registry

    def answer(self, row: InboundRow, reading: Reading, entitlement: Entitlement, today: date) -> Answer:
        """The answer to a message, or the reason why it gets none."""
        silent = self._silence(row, reading)
        if silent is not None:
            return silent
        language = row.language or DEFAULT_LANGUAGE
        reply = self._reply(reading, entitlement, language, today)
        chosen = next((effect.language for effect in reply.effects), None)
        return self.settled(row, reading, reply, chosen or language, set_language=chosen)

    def settled(
        self, row: InboundRow, reading: Reading, reply: Reply, language: str, *, set_language: str | None = None
    ) -> Answer:
        """An answered row with its reply rendered."""
        return Answer(
            inbound_id=row.id,
            phone=row.from_phone,
            state=states.ANSWERED,
            keyword=reading.keyword,
            folded=reading.folded,
            language=language,
            draft=self._draft(row, reply, language, Kind.REPLY, also=reading.also),
            set_language=set_language,
        )

    def apology(self, row: InboundRow, reading: Reading) -> Answer:
        """A row whose handler raised every time: failed, and the participant gets the apology."""
        language = row.language or DEFAULT_LANGUAGE
        return Answer(
            inbound_id=row.id,
            phone=row.from_phone,
            state=states.FAILED,
            reason="handler",
            keyword=reading.keyword,
            folded=reading.folded,
            language=language,
            draft=self._draft(row, Reply(BASE, "unavailable", {}), language, Kind.APOLOGY),
        )

    def unavailable(self, row: InboundRow, reading: Reading) -> Answer:
        """A row whose membership data could not be read in time: the apology is the one reply."""
        return self.settled(row, reading, Reply(BASE, "unavailable", {}), row.language or DEFAULT_LANGUAGE)

    def is_personal(self, reading: Reading) -> bool:
        """Whether this message asks a keyword that answers with a member's own data only."""
        keyword = self.registry.keywords.get(reading.keyword or "")
        return reading.outcome in ("command", "malformed") and keyword is not None and keyword.who == "own"

    def _silence(self, row: InboundRow, reading: Reading) -> Answer | None:
        by_carrier = CARRIER_OPT_OUT.get(row.opt_out_type or "", "carrier_word" if row.opt_out_type else None)
        reason = by_carrier or (reading.outcome if reading.outcome in OPTED_OUT else None)
        if reason is None and reading.outcome == "silent":
            reason = reading.problem or "machine"
        if reason is None and row.opted_out:
            reason = "opted_out"
        if reason is None:
            return None
        return Answer(
            inbound_id=row.id,
            phone=row.from_phone,
            state=states.SUPPRESSED,
            reason=reason,
            folded=reading.folded,
            set_opted_out=OPTED_OUT.get(reason),
        )

    def _reply(self, reading: Reading, entitlement: Entitlement, language: str, today: date) -> Reply:
        if reading.outcome == "command":
            return self._command(reading, entitlement, language, today)
        if reading.outcome == "malformed":
            # A stranger hears the same whether the number exists, does not, or is malformed (reliability §3.2).
            if self.is_personal(reading) and not entitlement.known:
                return Reply(BASE, "stranger", {})
            return Reply(BASE, reading.problem or "unknown", reading.fields)
        return Reply(BASE, reading.outcome, reading.fields)

    def _command(self, reading: Reading, entitlement: Entitlement, language: str, today: date) -> Reply:
        keyword = self.registry.keywords[reading.keyword or ""]
        mine: tuple[Membership, ...] = entitlement.memberships
        if keyword.who == "own" and not mine:
            return Reply(BASE, "stranger", {})
        if keyword.who == "own" and len(mine) > 1:
            return Reply(BASE, "which", {})
        membership = mine[0] if mine else None
        return keyword.answer(
            Ask(reading=reading, membership=membership, language=language, today=today, registry=self.registry)
        )

    def _draft(self, row: InboundRow, reply: Reply, language: str, kind: Kind, *, also: str | None = None) -> Draft:
        body = self.registry.render(reply, language, also=also)
        return Draft(
            kind=kind,
            carrier=row.carrier,
            from_phone=row.to_phone,
            to_phone=row.from_phone,
            body=body,
            septets=measure(body).septets or 0,  # of a text outside GSM-7, which no template can make
            language=language,
            template=f"{reply.keyword}.{reply.section}".lower(),
            inbound_id=row.id,
        )
