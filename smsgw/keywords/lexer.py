"""Lexer: Lark's contextual lexer, which here knows a keyword's word only where the parser can take it.

Lark asks each parser state which words it expects, but states that are shared by the words before and after a command
expect too many: in `JHT 18050012345 STATUS` the word STATUS would be an error, though the tail may hold any word. So
the parser's stack is asked. And Lark looks a word up in one long regular expression; a dictionary is six times faster.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lark import Token
from lark.lexer import ContextualLexer, LexerState
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState

WORD: Final = "WORD"
NUMBER: Final = "NUMBER"
_SURE: Final = frozenset((NUMBER, "CARD", "MIXED", "DIGITS"))
"""What every state takes; any other shape is looked for only by some keywords."""
_PIECES: Final = re.compile(r"[0-9]+|[^\W\d_]+")


class WordLexer(ContextualLexer):
    """The lexer of all states."""

    def __init__(self, words: Mapping[str, Sequence[str]], *conf: Any, **options: Any) -> None:
        """`words` has what a word may be, the terminals in the order of preference; the rest is Lark's."""
        super().__init__(*conf, **options)
        self._words = words

    def lex(self, lexer_state: LexerState, parser_state: "ParserState[Any]") -> Iterator[Token]:
        """Tokens one by one, each asked for when the parser has taken the one before."""
        for token in super().lex(lexer_state, parser_state):
            if token.type == WORD:
                yield self._word(token, parser_state)
            elif token.type in _SURE or _takes(parser_state, token.type):
                yield token
            else:
                for piece in _pieces(token):
                    yield self._word(piece, parser_state) if piece.type == WORD else piece

    def _word(self, token: Token, parser_state: "ParserState[Any]") -> Token:
        names = self._words.get(token.value, ())
        token.type = next((name for name in names if _takes(parser_state, name)), WORD)
        return token


def _pieces(token: Token) -> Iterator[Token]:
    """The words and numbers inside a token of a shape that nobody asks for here."""
    start = token.start_pos or 0
    for piece in _PIECES.finditer(token.value):
        kind = NUMBER if piece[0].isdecimal() else WORD
        yield Token(kind, piece[0], start + piece.start(), end_pos=start + piece.end())


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
