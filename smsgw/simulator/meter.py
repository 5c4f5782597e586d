"""The meter's table: all that the page's script knows of GSM-7 comes from here, so that there is one truth."""

import sys
import unicodedata
from functools import cache
from itertools import groupby

from smsgw.keywords.gsm7 import BASIC, EXTENDED, PART, PART_UCS2, SINGLE, SINGLE_UCS2


@cache
def table() -> dict[str, object]:
    """The characters of one and of two septets, the sizes of segments, and the ranges of marks that hang on others."""
    return {
        "basic": BASIC,
        "extended": EXTENDED,
        "single": SINGLE,
        "part": PART,
        "single_ucs2": SINGLE_UCS2,
        "part_ucs2": PART_UCS2,
        "marks": _marks(),
    }


def _marks() -> list[tuple[int, int]]:
    """First and last code of each run of nonspacing and enclosing marks."""
    codes = (code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Mn", "Me"))
    runs = ([code for _, code in run] for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0]))
    return [(run[0], run[-1]) for run in runs]
