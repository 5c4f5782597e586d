"""Lexer: what a token is depends on what the parser can take: a keyword's word, a word of anybody's, or just a word.

Lark's contextual lexer asks each parser state which terminals it expects, but states that are shared by the words
before and after a command expect too many: in `JHT 18050012345 STATUS` the word STATUS would be an error, though the
tail may hold any word. So the parser's stack is asked. And Lark looks a word up in one long regular expression; a
dictionary is six times faster.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from lark import Token
from lark.lexer import BasicLexer, Lexer, LexerState
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState

WORD: Final = "WORD"
NUMBER: Final = "NUMBER"
_ANYWHERE: Final = frozenset((NUMBER, "CARD", "MIXED", "DIGITS"))
"""What every state takes; any other shape is asked for by some keywords only."""
_PIECES: Final = re.compile(r"(?P<NUMBER>(?=[OIL]*[0-9])[0-9OIL]++(?![A-Z])|[0-9]+)|(?P<WORD>[^\W\d_]+)")


class WordLexer(Lexer):
    """One lexer for all states."""

    def __init__(self, words: Mapping[str, Sequence[str]], conf: Any, *states: Any, **options: Any) -> None:
        """`words` has what a word may be, the terminals in the order of preference; the rest is Lark's."""
        self._shapes = BasicLexer(conf)
        self._words = words

    def lex(self, lexer_state: LexerState, parser_state: "ParserState[Any]") -> Iterator[Token]:
        """Tokens one by one, each asked for when the parser has taken the one before."""
        with suppress(EOFError):
            while True:
                token = self._shapes.next_token(lexer_state, parser_state)
                if token.type in _ANYWHERE or self._named(token, parser_state):
                    yield token
                else:
                    yield from self._pieces(token, parser_state)

    def _named(self, token: Token, parser_state: "ParserState[Any]") -> bool:
        """Whether the parser takes the token as something; that is its type then."""
        for name in (*self._words.get(token.value, ()), token.type):
            if _takes(parser_state, name):
                token.type = name
                return True
        return False

    def _pieces(self, token: Token, parser_state: "ParserState[Any]") -> Iterator[Token]:
        """The words and numbers inside a token of a shape that nobody asks for here."""
        start = token.start_pos or 0
        for found in _PIECES.finditer(token.value):
            piece = Token(found.lastgroup or WORD, found[0], start + found.start(), end_pos=start + found.end())
            if piece.type == WORD:
                self._named(piece, parser_state)
            yield piece


def _takes(parser: "ParserState[Any]", name: str) -> bool:
    """Whether the parser would shift this terminal now: its reductions are walked through, and nothing is changed."""
    states: Mapping[Any, Mapping[str, Any]] = parser.parse_conf.states
    stack = list(parser.state_stack)
    while True:
        action, argument = states[stack[-1]].get(name, (None, None))
        if action is None or action is Shift:
            return action is Shift
        size = len(argument.expansion)
        if size:
            del stack[-size:]
        stack.append(states[stack[-1]][argument.origin.name][1])
