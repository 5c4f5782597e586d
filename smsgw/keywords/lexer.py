"""Lexer: Lark's contextual lexer, which here knows a keyword's word only where the parser can take it.

Lark asks each parser state which words it expects, but states that are shared by the words before and after a command
expect too many: in `JHT 18050012345 STATUS` the word STATUS would be an error, though the tail may hold any word. So
the parser's stack is asked. And Lark looks a word up in one long regular expression; a dictionary is six times faster.

The words that anybody may use come as classes, one terminal for all fillers: as terminals of their own, two hundred of
them would make the parser's tables twenty times dearer to build.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lark import Token
from lark.lexer import BasicLexer, ContextualLexer, LexerState, PatternStr, Scanner
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState

WORD: Final = "WORD"


class _Known:
    """Turns a WORD into the keyword's word of the same letters, where the state expects it."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def __call__(self, token: Token) -> Token:
        token.type = self._names.get(token.value, WORD)
        return token


class StateLexer(BasicLexer):
    """The lexer of one parser state."""

    def _build_scanner(self) -> Scanner:
        scanner = super()._build_scanner()
        if WORD in self.callback:
            names = {t.pattern.value: t.name for t in self.terminals if isinstance(t.pattern, PatternStr)}
            self.callback[WORD] = _Known(names)
        return scanner


class WordLexer(ContextualLexer):
    """The lexer of all states."""

    BasicLexer = StateLexer

    def __init__(self, classes: Mapping[str, str], *conf: Any, **options: Any) -> None:
        """`classes` has the terminal of each word that anybody may use; the rest is Lark's."""
        super().__init__(*conf, **options)
        self._classes = classes

    def lex(self, lexer_state: LexerState, parser_state: "ParserState[Any]") -> Iterator[Token]:
        """Tokens one by one, each asked for when the parser has taken the one before."""
        for token in super().lex(lexer_state, parser_state):
            if token.value.isalpha() and (token.type == WORD or not _takes(parser_state, token.type)):
                name = self._classes.get(token.value, WORD)
                token.type = name if name != WORD and _takes(parser_state, name) else WORD
            yield token


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
