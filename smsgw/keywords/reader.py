"""Reader: a text becomes a Reading. Fold, parse, walk the tree; where no phrase is found, one step for a typo."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from lark import Token

from smsgw.keywords.fold import fold
from smsgw.keywords.grammar import Grammar
from smsgw.keywords.judge import Judge, named, without_command
from smsgw.keywords.nearest import Near, Nearest
from smsgw.keywords.outside import CARRIER_WORDS, OWN_WORDS, is_machine_sender, is_machine_text, is_own_text
from smsgw.keywords.shapes import Keyword, Reading
from smsgw.keywords.walk import TEXT, Found, walk

SPELLED: Final = 3
"""Single letters that may be one word taken apart: J H T."""
LOOKED_UP: Final = 6
"""Unknown words that are looked up: a sentence of them is no mistyped keyword."""
_BARE_WORDS: Final = 3
"""Words of that kind that one message may begin with and still be read on."""


def _today() -> date:
    """The day in Jakarta."""
    return (datetime.now(UTC) + timedelta(hours=7)).date()


class Reader:
    """Reads texts with one composed grammar; never raises."""

    def __init__(
        self,
        grammar: Grammar,
        keywords: Mapping[str, Keyword],
        own_texts: tuple[str, ...],
        today: Callable[[], date] = _today,
    ) -> None:
        """`keywords` by stem; `own_texts` are folded pieces of our own replies."""
        self._grammar = grammar
        self._keywords = keywords
        self._own_texts = own_texts
        self._judge = Judge(grammar, keywords, today)
        self._owners = grammar.owners()
        self._numbered = {" ".join(words): stem for stem, found in grammar.phrases.items() for words in found.numbered}
        self._phrases = {" ".join(words): stem for stem, found in grammar.phrases.items() for words in found.all()}
        self._confirming = {
            word: keyword.name for keyword in keywords.values() for word in keyword.phrases if word in OWN_WORDS
        }
        rivals = {*grammar.rivals, *CARRIER_WORDS, *OWN_WORDS}
        self._nearest = Nearest(self._owners, rivals)
        whole = {word: stem for word, stem in self._phrases.items() if self._may_be_guessed(word)}
        self._nearest_whole = Nearest(whole, rivals)

    def read(self, text: str, sender: str = "", *, with_tree: bool = False) -> Reading:
        """What the text is read as; the printable tree costs extra and comes only when asked for."""
        folded = fold(text)
        reading = self._outside(folded, sender) or self._inside(folded)
        tree = self._grammar.parse(folded) if with_tree and folded else None
        return replace(reading, folded=folded, tree=tree.pretty() if tree is not None else None)

    def tokens(self, folded: str) -> tuple[tuple[str, str], ...]:
        """Kind and text of each token, in order."""
        return tuple((token.type, str(token)) for token in self._grammar.tokens(folded)) if folded else ()

    def about(self, text: str) -> Keyword | None:
        """The keyword that a text names first, by its longest phrase; None where it names none."""
        return next((self._keywords[stem] for stem in named(text.split(), self._phrases)), None)

    def _may_be_guessed(self, phrase: str) -> bool:
        """Not for opting out or in, and not where it would answer a question of ours."""
        return phrase not in OWN_WORDS and self._keywords[self._phrases[phrase]].who != "session"

    def _outside(self, folded: str, sender: str) -> Reading | None:
        if is_machine_sender(sender):
            return Reading("silent", problem="machine_sender")
        if folded in CARRIER_WORDS:
            return Reading(CARRIER_WORDS[folded], problem="carrier")
        if folded in OWN_WORDS:
            return Reading(OWN_WORDS[folded], self._confirming.get(folded), problem="own")
        return Reading("silent", problem="machine_text") if is_own_text(folded, self._own_texts) else None

    def _inside(self, folded: str) -> Reading:
        found = self._found(folded)
        if not found.complains and is_machine_text(folded):
            return Reading("silent", problem="machine_text")
        if found.stem is None:
            return self._typo(folded, found) or without_command(found, folded)
        if found.has_number and found.phrase in self._numbered:
            return self._judge.command(self._numbered[found.phrase], replace(found, arguments={}))
        return self._instead(folded, found) or self._judge.command(found.stem, found)

    def _found(self, folded: str) -> Found:
        """What the grammar finds. A bare word beside others it does not know is no command: it is read on without."""
        tree = self._grammar.parse(folded) if folded else None
        found = original = walk(tree, self._keywords) if tree is not None else Found()
        for _ in range(_BARE_WORDS):
            if not (found.bare and (found.unknown or found.programme)):
                return found if found.stem else original
            start, end = found.at
            folded = folded[:start] + " " * (end - start) + folded[end:]
            tree = self._grammar.parse(folded)
            found = walk(tree, self._keywords) if tree is not None else Found()
            original.stem = None
        return original

    def _typo(self, folded: str, found: Found) -> Reading | None:
        """The message with one unknown word replaced by its nearest phrase, read again; None: no guess.

        Among several unknown words a mistyped one counts where it comes first and its argument is complete.
        """
        near, start, end = self._near(found.unknown, folded)
        if near is None:
            return None
        again = self._found(f"{folded[:start]} {near.phrase} {folded[end:]}".strip())
        if again.stem is None:
            return None
        meant = self._judge.command(again.stem, again)
        first = bool(meant.arguments) and start == found.unknown[0].start_pos
        certain = len(found.unknown) == 1 or near.distance == 0 or meant.membership_number or first
        return _sure(self._keywords[again.stem], meant, near) if certain else None

    def _instead(self, folded: str, found: Found) -> Reading | None:
        """KLAM JHT, where a mistyped keyword has the phrase that was found for its argument."""
        before = [token for token in found.unknown if (token.end_pos or 0) <= found.at[0]]
        if not before or found.has_number:
            return None
        reading = self._typo(folded, replace(found, unknown=before[:1]))
        return reading if reading and reading.outcome == "command" and reading.arguments else None

    def _near(self, unknown: Sequence[Token], folded: str) -> tuple[Near | None, int, int]:
        """The phrase that is meant, and what it replaces: the unknown words must point to one keyword only."""
        if len(unknown) == 1 and unknown[0] == folded:
            return self._nearest_whole.find(folded), 0, len(folded)
        if len(unknown) >= SPELLED and all(len(token) == 1 for token in unknown):
            return self._nearest.find("".join(unknown)), unknown[0].start_pos or 0, unknown[-1].end_pos or 0
        found = [(near, token) for token in unknown[:LOOKED_UP] if (near := self._nearest.find(str(token)))]
        if len({self._owners[near.phrase] for near, _ in found}) != 1:
            return None, 0, 0
        near, token = found[0]
        return near, token.start_pos or 0, token.end_pos or 0


def _sure(keyword: Keyword, reading: Reading, near: Near) -> Reading:
    """Answered when nothing was guessed, no number is needed, or a full number came with it; else suggested.

    Nobody's words are filed as a complaint by a guess.
    """
    complete = reading.membership_number or (not keyword.takes_number and TEXT not in reading.arguments)
    if (complete and reading.outcome == "command") or near.distance == 0:
        return reading
    return Reading("suggest", keyword.name, fields={"phrase": near.phrase})
