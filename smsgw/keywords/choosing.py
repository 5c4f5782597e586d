"""Choosing: a keyword with one text for each of a few words, and the list of them where none is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsgw.keywords.shapes import Command, Offer, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsgw.keywords.shapes import Ask

PROGRAMMES: Final = ("JHT", "JKK", "JKM", "JP", "JKP")
"""The programmes, in the order in which every list has them."""
WHICH: Final = "which"


def choose(ask: Ask, keyword: str, argument: str, words: Sequence[str]) -> Reply:
    """The section of the word that `argument` names; else the section `which`, whose numbered list offers them all."""
    word = ask.reading.arguments.get(argument, "")
    if word in words:
        return Reply(keyword, word.lower())
    choices = tuple(Command(keyword, arguments={argument: name}) for name in words)
    return Reply(keyword, WHICH, offer=Offer(choices=choices))
