"""Templates: each last wording fits at its widest, in every language; kinds keep their widths; files are checked."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.keywords import LANGUAGES, Reply, load_registry, measure
from smsgw.keywords.gsm7 import is_basic
from smsgw.keywords.kinds import CHOICES, KINDS
from smsgw.keywords.templates import Variant, fill, parse
from tests.support.transcript import RULES

REGISTRY = load_registry()
VALUES: dict[str, st.SearchStrategy[object]] = {
    "rupiah": st.integers(0, 10**15),
    "day": st.dates(),
    "month": st.dates(),
    "count": st.integers(0, 10**6),
    "monthyear": st.dates(),
    "times": st.integers(0, 10**6),
    "short": st.integers(0, 10**15),
    "percent": st.decimals(0, Decimal("99.99"), places=2),
    "fullnumber": st.from_regex(r"[0-9]{2}[A-Z0-9]{3}[0-9]{6}", fullmatch=True),
    "items": st.lists(st.text("ABCDEFGHIJ ", min_size=1, max_size=40), max_size=10).map(tuple),
    "months": st.lists(st.text("ABCDEFGHIJ ", min_size=1, max_size=40), max_size=10).map(tuple),
    "listed": st.lists(st.text("ABCDEFGHIJ ", min_size=1, max_size=40), max_size=10).map(tuple),
    "stage": st.integers(-9, 99),
    "awaited": st.integers(-9, 99),
    "choices": st.integers(1, CHOICES).map(lambda n: tuple(f"{at}) 180*****345" for at in range(1, n + 1))),
    "menu": st.lists(st.text("ABCDEFGHIJ", min_size=1, max_size=12), max_size=40).map(tuple),
    "number": st.from_regex(r"[0-9]{2}[A-Z0-9]{3}[0-9]{6}", fullmatch=True),
}
ALL = [pytest.param(v, lang, last, id=f"{s}.{sec}.{lang}") for s, lang, sec, v, last in REGISTRY.variants()]


@pytest.mark.parametrize(("variant", "language", "last"), ALL)
def test_a_section_always_has_a_wording_that_fits(variant: Variant, language: str, last: bool) -> None:
    widest = measure(variant.widest(language))
    assert widest.encoding == "GSM-7"
    assert is_basic(variant.widest(language))
    if last:
        assert widest.segments == 1


def test_wordings_grow_shorter() -> None:
    for (stem, language), sections in REGISTRY.templates.items():
        for section, variants in sections.items():
            needed = [{name for name, _, _ in variant.fields} for variant in variants]
            assert all(later <= earlier for earlier, later in pairwise(needed)), (
                f"{stem}.{language} [{section}]: a shorter wording asks for more"
            )


def test_the_text_for_strangers_never_has_a_field() -> None:
    for language in LANGUAGES:
        assert [variant.fields for variant in REGISTRY.templates["base", language]["stranger"]] == [()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_kind_is_never_wider_than_its_widest(kind: str, language: str, data: st.DataObject) -> None:
    value = data.draw(VALUES.get(kind, st.text(max_size=80)))
    written = KINDS[kind].write(value, language)
    assert is_basic(written)
    assert len(written) <= len(KINDS[kind].widest[language])


@pytest.mark.parametrize(
    ("kind", "value", "language", "text"),
    [
        ("rupiah", 23451200, "id", "Rp23.451.200"),
        ("rupiah", 23451200, "en", "Rp23,451,200"),
        ("rupiah", 10**13, "id", ">Rp999.999.999.999"),
        ("day", date(2025, 10, 31), "id", "31-10-2025"),
        ("day", date(2025, 10, 3), "en", "3 Oct 2025"),
        ("month", date(2025, 8, 1), "id", "Agt 2025"),
        ("months", ("Sep 285,000", "Aug 285,000"), "en", "Sep 285,000; Aug 285,000"),
        ("listed", ("1) PT A", "2) PT B"), "id", "1) PT A 2) PT B"),
        ("stage", 4, "id", "WAWANCARA"),
        ("awaited", 4, "id", "persetujuan"),
        ("awaited", 4, "en", "approval"),
        ("awaited", 6, "id", "transfer"),
        ("number", "18050012345", "id", "180*****345"),
        ("name", "SITI RAHAYU NINGSIH", "id", "SITI R*"),
        ("name", "TONO", "id", "TONO"),
        ("name", "KUSUMANEGARAWATI DEWI", "id", "KUSUMANEGARAW*"),
        ("name", "Žofie  Šimić", "id", "Zofie S*"),
        ("name", "陳", "id", ""),
        ("employer", "PT MAJU JAYA SENTOSA", "id", "PT MAJU J*"),
        ("employer", "YAYASAN BINA BANGSA", "id", "YAYASAN B*"),
        ("menu", ("SALDO", "STATUS"), "id", "SALDO, STATUS"),
        ("reason", "berhenti kerja atas permintaan sendiri", "id", "berhenti kerja atas"),
    ],
)
def test_kinds(kind: str, value: object, language: str, text: str) -> None:
    assert KINDS[kind].write(value, language) == text


def test_the_first_wording_that_fits_is_taken() -> None:
    sections, problems = parse("[x]\n" + "long " * 30 + "{n:name}\n--\nshort\n{n:name} {d:day}\n--\nnone", "f")
    assert not problems
    taken: Callable[..., str | None] = lambda **values: fill(sections["x"], values, "id", RULES.rate)  # noqa: E731
    assert taken(n="BUDI", d=None) == "long " * 30 + "BUDI"
    assert taken(n="BUDIMANTORO", d=date(2025, 1, 2)) == "short BUDIMANTORO 02-01-2025"
    assert taken(n="BUDIMANTORO") == "none"


def test_what_cannot_be_written_becomes_the_apology() -> None:
    apology = REGISTRY.render(Reply("base", "unavailable"), "id", RULES)
    assert apology.startswith("Maaf, data")
    assert REGISTRY.render(Reply("JHT", "nowhere"), "id", RULES) == apology
    assert REGISTRY.render(Reply("NOBODY", "help"), "xx", RULES) == apology
    assert REGISTRY.render(Reply("JHT", "balance"), "id", RULES) == apology


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no [section]"),
        ("[x]\n{a:euro}", "names the kind euro"),
        ("[x]\nsaldo €5", "outside the basic"),
        ("[x]\n{a}", "brace"),
        ("[x]\na\n--\n", "empty variant"),
        ("[x]\na\n[x]\nb", "stands twice"),
        ("early\n[x]\na", "before"),
    ],
)
def test_faulty_files_are_named(text: str, problem: str) -> None:
    _, problems = parse(text, "templates_sms/x.id.txt")
    assert problems
    assert problems[0].startswith("templates_sms/x.id.txt")
    assert problem in problems[0]
