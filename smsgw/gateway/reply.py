"""Reply: who may hear what, and the text that a message is answered with. No database, no clock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from smsgw.gateway import session
from smsgw.gateway.session import Meant
from smsgw.keywords import (
    CHOICES,
    Alert,
    Ask,
    Command,
    Keyword,
    Members,
    Membership,
    Offer,
    Reading,
    Registry,
    Reply,
    Rules,
    SetLanguage,
    measure,
)
from smsgw.members.directory import Entitlement
from smsgw.members.pins import Checked
from smsgw.messages import states
from smsgw.messages.blocking import BLOCKED
from smsgw.messages.rows import Answer, Draft, InboundRow, Kind
from smsgw.messages.twice import DUPLICATE
from smsgw.phones import is_answered

DEFAULT_LANGUAGE = "id"
BASE = "base"
OPTED_OUT = {"opt_out": True, "opt_in": False}
CONFIRMING = {"opt_out": "BERHENTI", "opt_in": "MULAI"}
CARRIER_OPT_OUT = {"STOP": "opt_out", "START": "opt_in", "HELP": "carrier_help"}
PERSONAL = ("own", "bound")
PIN = "PIN"
"""The keyword that makes a PIN, which it cannot ask for."""


def _no_pin() -> Checked:
    return "none"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a phone gets: replies in an hour and in a day, the polite last message of the day included, and times
    within an hour that the same general text is told."""

    hour: int = 10
    day: int = 20
    repeats: int = 3

    def left(self, row: InboundRow) -> str | None:
        """None: there is room; else "limit" where that is still to be said, or "over"."""
        if row.replies_hour > self.hour or row.replies_day >= self.day:
            return "over"
        return "limit" if row.replies_hour == self.hour or row.replies_day == self.day - 1 else None


@dataclass(frozen=True, slots=True)
class Scene:
    """What surrounds a message: what its sender may hear, what can be looked up, and the day with its rules.

    `check_pin` counts a guess, so it is called where a personal answer depends on it.
    """

    entitlement: Entitlement
    members: Members
    rules: Rules
    today: date
    now_ms: int
    check_pin: Callable[[], Checked] = _no_pin
    repeated: bool = False  # the same text was answered a moment ago


@dataclass(frozen=True, slots=True)
class Replier:
    """Turns a read message into its answer.

    `confirm_for`: carriers that do not answer STOP and START themselves. `ours`: our numbers, which we never answer.
    `answer_to`: what numbers begin with that we do.
    """

    registry: Registry
    budget: Budget = Budget()
    confirm_for: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()
    answer_to: tuple[str, ...] = ("+62",)

    def meant(self, row: InboundRow, reading: Reading, now_ms: int) -> Meant:
        """What a message means after the last answer to its phone."""
        if row.carrier in self.confirm_for and reading.problem == "carrier":
            reading = replace(reading, keyword=CONFIRMING.get(reading.outcome), problem="own")
        open_still = row.offer is not None and (row.offer_until or 0) > now_ms
        offer, proved = session.load(row.offer or "") if open_still else (None, False)
        return session.meant(reading, offer, self.registry.keywords, proved=proved)

    def answer(self, row: InboundRow, meant: Meant, scene: Scene) -> Answer:
        """The answer to a message, or the reason why it gets none."""
        silent = self._silence(row, meant.reading)
        if silent is not None:
            return silent
        if scene.repeated:
            return _plain(row, meant.reading, states.SUPPRESSED, DUPLICATE, None)
        language = row.language or DEFAULT_LANGUAGE
        opting = OPTED_OUT.get(meant.reading.outcome)
        left = None if opting else self.budget.left(row)
        if left is not None:
            return self._over_budget(row, meant.reading, left, language, scene)
        meant, refusal = self._proved(meant, scene)
        reply = refusal or self._reply(row, meant, language, scene)
        return self._answered(row, meant, reply, language, scene, opting)

    def is_session(self, reading: Reading) -> bool:
        """Whether a message says again and again what it answers: LANJUT, YA, a number from a list."""
        keyword = self.registry.keywords.get(reading.keyword or "")
        return reading.choice is not None or (keyword is not None and keyword.who == "session")

    def apology(self, row: InboundRow, reading: Reading, rules: Rules) -> Answer:
        """A row that raised every time: failed, and the participant gets the apology, unless nothing may be said.

        The wish to hear nothing more, or something again, counts all the same.
        """
        silent = self._silence(row, reading)
        if silent is not None:
            return silent
        language = row.language or DEFAULT_LANGUAGE
        draft = self._draft(row, Reply(BASE, "unavailable"), language, rules, Kind.APOLOGY)
        answer = _plain(row, reading, states.FAILED, "handler", language)
        said = draft if self.budget.left(row) is None else None
        return replace(answer, draft=said, set_opted_out=OPTED_OUT.get(reading.outcome))

    def unavailable(self, row: InboundRow, reading: Reading, rules: Rules) -> Answer:
        """A row whose membership data could not be read in time: the apology is the one reply."""
        language = row.language or DEFAULT_LANGUAGE
        draft = self._draft(row, Reply(BASE, "unavailable"), language, rules)
        return replace(_plain(row, reading, states.ANSWERED, None, language), draft=draft)

    def alert(self, row: InboundRow, alert: Alert, language: str, rules: Rules) -> Draft:
        """The text to another phone that a message brings about."""
        reply = Reply(alert.keyword, alert.section, alert.fields)
        return replace(self._draft(row, reply, language, rules, Kind.ALERT), to_phone=alert.phone)

    def needs_members(self, reading: Reading) -> bool:
        """Whether this message can only be answered when membership data can be read."""
        keyword = self.registry.keywords.get(reading.keyword or "")
        return reading.outcome in ("command", "malformed") and keyword is not None and keyword.who in PERSONAL

    def _silence(self, row: InboundRow, reading: Reading) -> Answer | None:
        by_carrier = CARRIER_OPT_OUT.get(row.opt_out_type or "", "carrier_word" if row.opt_out_type else None)
        own = reading.problem == "own" and reading.keyword is not None
        opting = reading.outcome if reading.outcome in OPTED_OUT and not own else None
        reason = "own_number" if row.from_phone in self.ours else by_carrier or opting
        if reason is None and row.blocked:
            reason = BLOCKED
        if reason is None and reading.outcome == "silent":
            reason = reading.problem or "machine"
        if reason is None and not is_answered(row.from_phone, self.answer_to):
            reason = "foreign_number"
        if reason is None and row.opted_out and reading.outcome != "opt_in":
            reason = "opted_out"
        if reason is None:
            return None
        answer = _plain(row, reading, states.SUPPRESSED, reason, None)
        # Who is blocked hears no confirmation, but the wish counts.
        wish = reading.outcome if reason == BLOCKED else reason
        return replace(answer, keyword=None, set_opted_out=OPTED_OUT.get(wish))

    def _over_budget(self, row: InboundRow, reading: Reading, left: str, language: str, scene: Scene) -> Answer:
        if left == "over":
            return _plain(row, reading, states.SUPPRESSED, "limit", language)
        draft = self._draft(row, Reply(BASE, "limit"), language, scene.rules)
        return replace(_plain(row, reading, states.ANSWERED, "limit", language), draft=draft)

    def _answered(
        self, row: InboundRow, meant: Meant, reply: Reply, language: str, scene: Scene, opting: bool | None
    ) -> Answer:
        reading = meant.reading
        chosen = next((effect.language for effect in reply.effects if isinstance(effect, SetLanguage)), None)
        ends = reading.outcome in ("command", "opt_out", "opt_in")
        return replace(
            _plain(row, reading, states.ANSWERED, None, chosen or language),
            draft=self._draft(row, reply, chosen or language, scene.rules, also=reading.also),
            set_language=chosen,
            set_opted_out=opting,
            effects=tuple(effect for effect in reply.effects if not isinstance(effect, SetLanguage)),
            offer=session.dump(reply.offer, proved=meant.proved) if reply.offer else None,
            offer_until=scene.now_ms + session.LASTS_MS,
            ends_offer=ends and row.offer is not None,
            used=scene.entitlement.unused if scene.entitlement.by_binding else (),
        )

    def _proved(self, meant: Meant, scene: Scene) -> tuple[Meant, Reply | None]:
        """Whether a PIN opens what is asked, or the refusal: one text whether PIN or number is wrong (§3.2)."""
        if meant.proved or not self._asks_pin(meant.reading, scene):
            return meant, None
        found = scene.check_pin()
        if found == "locked":
            return meant, Reply(BASE, "locked")
        foreign = found == "right" and self._is_foreign(meant.reading, scene)
        if found == "bad" or foreign:
            return meant, Reply(BASE, "pin_bad")
        return replace(meant, proved=found == "right"), None

    def _asks_pin(self, reading: Reading, scene: Scene) -> bool:
        """Whether the answer is personal. Naming a number is enough: else its refusal would tell whose it is."""
        keyword = self.registry.keywords.get(reading.keyword or "")
        if reading.outcome != "command" or keyword is None or keyword.name == PIN or not scene.entitlement.known:
            return False
        if keyword.who == "bound":
            return bool(scene.entitlement.bound)
        named = bool(scene.entitlement.memberships or reading.membership_number)
        return keyword.who in ("own", "own_or_general") and named

    def _is_foreign(self, reading: Reading, scene: Scene) -> bool:
        # A phone that was not used for long is sent to DAFTAR whatever the number.
        keyword = self.registry.keywords[reading.keyword or ""]
        return keyword.who == "own" and not (scene.entitlement.memberships or scene.entitlement.idle)

    def _reply(self, row: InboundRow, meant: Meant, language: str, scene: Scene) -> Reply:
        reading = meant.reading
        if reading.outcome in ("command", "opt_out", "opt_in"):
            return self._command(row, meant, language, scene)
        if reading.outcome == "malformed":
            return self._malformed(row, meant, language, scene)
        if reading.outcome == "suggest" and reading.keyword:
            command = Command(reading.keyword, arguments=reading.arguments)
            return Reply(BASE, "suggest", reading.fields, offer=Offer(yes=command, guessed=True))
        return Reply(BASE, reading.outcome, reading.fields)

    def _malformed(self, row: InboundRow, meant: Meant, language: str, scene: Scene) -> Reply:
        # A stranger hears the same whether the number exists, does not, or is malformed (reliability §3.2).
        keyword = self.registry.keywords.get(meant.reading.keyword or "")
        if keyword is not None and not scene.entitlement.known:
            if keyword.who in PERSONAL:
                return _refused(row, scene)
            if keyword.who == "own_or_general":
                return keyword.answer(self._ask(meant, None, language, scene))
        return Reply(BASE, meant.reading.problem or "unknown", meant.reading.fields)

    def _command(self, row: InboundRow, meant: Meant, language: str, scene: Scene) -> Reply:
        keyword = self.registry.keywords[meant.reading.keyword or ""]
        entitled = scene.entitlement
        mine: tuple[Membership, ...] = entitled.memberships
        if _locked(row, scene) and not entitled.by_binding:
            mine = ()
        if keyword.who == "bound" and not entitled.bound:
            return _refused(row, scene)
        if keyword.who == "own" and not mine:
            return _refused(row, scene)
        if keyword.who in ("own", "own_or_general") and len(mine) > 1:
            return _which(keyword, meant, mine)
        return keyword.answer(self._ask(meant, mine[0] if len(mine) == 1 else None, language, scene))

    def _ask(self, meant: Meant, membership: Membership | None, language: str, scene: Scene) -> Ask:
        return Ask(
            reading=meant.reading,
            membership=membership,
            language=language,
            today=scene.today,
            registry=self.registry,
            members=scene.members,
            rules=scene.rules,
            memberships=scene.entitlement.bound,
            bound=scene.entitlement.by_binding,
            page=meant.page,
            confirmed=meant.confirmed,
        )

    def _draft(
        self,
        row: InboundRow,
        reply: Reply,
        language: str,
        rules: Rules,
        kind: Kind = Kind.REPLY,
        *,
        also: str | None = None,
    ) -> Draft:
        body = self.registry.render(reply, language, rules, also=also)
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


def _plain(row: InboundRow, reading: Reading, state: str, reason: str | None, language: str | None) -> Answer:
    return Answer(
        inbound_id=row.id,
        phone=row.from_phone,
        state=state,
        reason=reason,
        keyword=reading.keyword,
        folded=reading.folded,
        number=reading.membership_number,
        language=language,
    )


def _locked(row: InboundRow, scene: Scene) -> bool:
    return (row.locked_until or 0) > scene.now_ms


def _refused(row: InboundRow, scene: Scene) -> Reply:
    """What a personal question hears that may not be answered: never a word about the number."""
    if _locked(row, scene):
        return Reply(BASE, "locked")
    return Reply(BASE, "reconfirm" if scene.entitlement.idle else "stranger")


def _which(keyword: Keyword, meant: Meant, mine: tuple[Membership, ...]) -> Reply:
    listed = mine[:CHOICES]
    choices = tuple(Command(keyword.name, one.number, meant.reading.arguments, meant.page) for one in listed)
    shown = tuple(f"{at}) {one.number[:3]}*****{one.number[-3:]}" for at, one in enumerate(listed, 1))
    word = (keyword.menu or keyword.name) if keyword.takes_number else None
    return Reply(BASE, "which", {"list": shown, "keyword": word}, offer=Offer(choices=choices))
