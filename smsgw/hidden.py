"""Which characters of a text from outside nobody sees, or hide and reorder others (reliability T16)."""

import unicodedata
from typing import Final

_CLASSES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that look like nothing at all.
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def hides(one: str) -> bool:
    """Whether this character is not seen: a line's end counts, a plain space does not."""
    category = unicodedata.category(one)
    return category in _CLASSES or one in _BLANKS or (category == "Zs" and one != " ")
